/** The mark of the page; the same drawing as the icon of its tab. */
export function Logo() {
  return <img src="./favicon.svg" width={24} height={24} alt="" />;
}
