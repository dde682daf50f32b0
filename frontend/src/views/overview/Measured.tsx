import { percent } from "../../lib/numbers";
import { count, counted } from "../../lib/sizes";
import type { Finding } from "../../lib/types";
import { Num } from "../Num";
import styles from "./Findings.module.css";

const SHOWN = 3;

/** The measured value, its threshold, the places, and the affected share of the loss. */
export function Measured({ finding }: { finding: Finding }) {
  const { rule, measured, threshold, share_of_loss, share_of_gradient, loss } = finding;
  const where = placesOf(finding);
  const shares = [
    share_of_loss !== null && `${percent(share_of_loss)} of the ${loss} loss`,
    share_of_gradient !== null && `${percent(share_of_gradient)} of its gradient`,
  ].filter(Boolean);
  return (
    <dl className={styles.facts}>
      {measured !== null && (
        <div>
          <dt>measured</dt>
          <dd>
            <Num value={measured} testid={`finding-${rule}-measured`} />
            {threshold !== null && (
              <span className={styles.threshold}>
                threshold <Num value={threshold} testid={`finding-${rule}-threshold`} />
              </span>
            )}
          </dd>
        </div>
      )}
      {where && (
        <div>
          <dt>where</dt>
          <dd data-testid={`finding-${rule}-where`}>{where}</dd>
        </div>
      )}
      {shares.length > 0 && (
        <div>
          <dt>affects</dt>
          <dd data-testid={`finding-${rule}-share`}>{shares.join(", ")}</dd>
        </div>
      )}
    </dl>
  );
}

/** "reward, 12 transitions: [0, 3], [1, 2] …". */
function placesOf({ field, where, count: all, unit }: Finding): string {
  const places = Array.isArray(where) ? where : [];
  const shown = places.slice(0, SHOWN).map((place) => `[${place.join(", ")}]`);
  const of = counted(all, (places[0]?.length ?? 2) > 2 ? "entry" : (unit ?? ""));
  const listed =
    shown.length > 0 ? `${of}: ${shown.join(", ")}${all > SHOWN ? `, and ${count(all - SHOWN)} more` : ""}` : "";
  return [field, listed].filter(Boolean).join(", ");
}
