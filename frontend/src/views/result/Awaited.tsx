import { useEvaluation } from "../../state/page";

/** Placeholder for a number that is loading or was refused. */
export function Awaited({ className }: { className: string | undefined }) {
  const refused = useEvaluation(({ latest, problem }) => latest === null && problem !== null);
  return <span className={className}>{refused ? "no value" : "…"}</span>;
}
