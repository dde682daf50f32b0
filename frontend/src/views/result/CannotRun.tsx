import type { BatchInfo, LossInfo } from "../../lib/types";
import { missingFields } from "../../lib/view";
import { Card } from "../Card";

/** A link asked for a loss that this batch cannot run. */
export function CannotRun({ batch, loss }: { batch: BatchInfo; loss: LossInfo }) {
  return (
    <Card title={loss.title} testid="cannot-run">
      {loss.title} needs <b className="mono">{missingFields(batch, loss.name).join(", ")}</b>, which this batch lacks.
      Save the batch with it or select another loss above.
    </Card>
  );
}
