import type { BatchInfo, LossInfo } from "../../lib/types";
import { missing } from "../../lib/view";
import { Card } from "../Card";

/** A link asked for a loss that this batch cannot run. */
export function CannotRun({ batch, loss }: { batch: BatchInfo; loss: LossInfo }) {
  return (
    <Card title={loss.title} testid="cannot-run">
      This batch has no <b className="mono">{missing(batch, loss.name).join(", ")}</b>, which {loss.title} reads. Save
      the batch with it, or pick another loss above.
    </Card>
  );
}
