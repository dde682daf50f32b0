/** The logo; the same drawing as the favicon. */
export function Logo() {
  return <img src="./favicon.svg" width={24} height={24} alt="" />;
}
