import { useEvaluation } from "../../state/use_evaluation";

/** In the place of a number that is on its way, or that does not come because it was refused. */
export function Awaited({ className }: { className: string | undefined }) {
  const refused = useEvaluation(({ answer, problem }) => answer === null && problem !== null);
  return <span className={className}>{refused ? "no value" : "…"}</span>;
}
