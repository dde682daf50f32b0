import { sharesOf } from "../../lib/overview";
import type { BatchInfo, LossInfo, Numbers } from "../../lib/types";
import { missingFields, runs } from "../../lib/view";
import { Card } from "../Card";
import { LossTile } from "./LossTile";
import styles from "./Overview.module.css";
import { ShareBar } from "./ShareBar";

interface LossTilesProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  numbers: Numbers | null;
  /** The same with gradients. */
  gradients: Numbers | null;
  /** Whether the gradients are those of other configs. */
  before: boolean;
  refused: boolean;
  stale: boolean;
}

/** The parts of the total: a bar of shares, a tile per loss that runs, and a line for each other one. */
export function LossTiles({ batch, catalogue, numbers, gradients, before, refused, stale }: LossTilesProps) {
  const running = catalogue.filter(({ name }) => runs(batch, name));
  const missing = catalogue.filter(({ name }) => !runs(batch, name));
  return (
    <Card title="Losses" aside="what makes up the total" testid="overview-losses" stale={stale}>
      {numbers && <ShareBar shares={sharesOf(catalogue, numbers)} total={numbers.total} />}
      <ul className={styles.tiles}>
        {running.map((loss) => (
          <LossTile
            key={loss.name}
            loss={loss}
            result={numbers?.losses[loss.name] ?? null}
            gradient={gradients?.losses[loss.name]?.gradient_norm ?? null}
            before={before}
            refused={refused}
          />
        ))}
      </ul>
      <ul className={styles.missing}>
        {missing.map(({ name, title }) => (
          <li key={name} data-testid={`tile-${name}`}>
            <b>{title}</b> cannot run: needs <span className="mono">{missingFields(batch, name).join(", ")}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
