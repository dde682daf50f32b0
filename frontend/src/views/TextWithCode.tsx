/** A sentence with text in backticks rendered as code. */
export function TextWithCode({ text }: { text: string }) {
  return text.split("`").map((piece, place) =>
    place % 2 === 0 ? (
      piece
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one sentence never move
      <code key={place}>{piece}</code>
    ),
  );
}
