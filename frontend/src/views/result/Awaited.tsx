import { useEvaluation } from "../../state/page";

/** In the place of a number that is on its way, or that does not come because it was refused. */
export function Awaited({ className }: { className: string | undefined }) {
  const refused = useEvaluation(({ latest, problem }) => latest === null && problem !== null);
  return <span className={className}>{refused ? "no value" : "…"}</span>;
}
