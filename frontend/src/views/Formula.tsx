import { lazy, Suspense } from "react";

const Typeset = lazy(() => import("./Typeset"));

interface FormulaProps {
  /** As it stands in code: what is read aloud, and shown where it is told in words; empty where it was read before. */
  text: string;
  latex: string | null | undefined;
  className?: string;
}

/** A formula as mathematics. */
export function Formula({ text, latex, className }: FormulaProps) {
  if (!latex) return <code className={className}>{text}</code>;
  return (
    <span className={className}>
      {text && <span className="hidden-text">{text}</span>}
      <Suspense fallback={<code aria-hidden="true">{text}</code>}>
        <Typeset latex={latex} />
      </Suspense>
    </span>
  );
}
