import "katex/dist/katex.min.css";
import katex from "katex";
import { useLayoutEffect, useRef } from "react";

/** LaTeX, drawn by KaTeX: a chunk of its own, loaded with the first formula. */
export default function Typeset({ latex }: { latex: string }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current) katex.render(latex, place.current, { output: "html", throwOnError: false });
  }, [latex]);
  return <span ref={place} aria-hidden="true" data-latex={latex} />;
}
