import type { BatchInfo, LossInfo } from "../../lib/types";
import { missingFields } from "../../lib/view";
import { Card } from "../Card";

/** A link asked for a loss that this batch cannot run. */
export function CannotRun({ batch, loss }: { batch: BatchInfo; loss: LossInfo }) {
  const missing = missingFields(batch, loss.name);
  return (
    <Card title={loss.title} testid="cannot-run">
      {loss.title} needs <b className="mono">{missing.join(", ")}</b>, which this batch lacks. Save the batch with{" "}
      {missing.length === 1 ? "this field" : "these fields"}, or select another loss above.
    </Card>
  );
}
