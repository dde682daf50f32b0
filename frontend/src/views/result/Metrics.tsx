import type { WireNumber } from "../../lib/types";
import { Num } from "../Num";
import styles from "./LossCard.module.css";

/** The metrics that training logs, under the same names. */
export function Metrics({ metrics }: { metrics: Readonly<Record<string, WireNumber>> | null }) {
  return (
    <dl className={styles.metrics} data-testid="metrics" aria-label="Metrics">
      {Object.entries(metrics ?? {}).map(([name, value]) => (
        <div key={name} className={styles.metric}>
          <dt className="mono" title={name}>
            {name}
          </dt>
          <dd>
            <Num value={value} testid={`metric-${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
