import { Tabs } from "@mantine/core";
import { memo } from "react";
import { isFiniteNumber, percent } from "../../lib/numbers";
import { useLossResult } from "../../state/page";
import { Num } from "../Num";
import { Awaited } from "./Awaited";
import styles from "./LossTabs.module.css";

interface LossTabProps {
  name: string;
  title: string;
  /** The fields it lacks; null when it runs. */
  missing: readonly string[] | null;
}

/** One loss: its value, its share of the total as a bar, or why there is none. */
export const LossTab = memo(function LossTab({ name, title, missing }: LossTabProps) {
  return (
    <Tabs.Tab
      value={name}
      disabled={missing !== null}
      classNames={{ tab: styles.tab, tabLabel: styles.label }}
      data-testid={`loss-tab-${name}`}
    >
      <span className={styles.title}>{title}</span>
      {missing ? (
        <span className={styles.reason} data-testid={`loss-missing-${name}`} title={`needs ${missing.join(", ")}`}>
          needs {missing.join(", ")}
        </span>
      ) : (
        <Value name={name} />
      )}
    </Tabs.Tab>
  );
});

function FailedValue({ message }: { message: string }) {
  return (
    <span className={styles.failed} title={message}>
      no value
    </span>
  );
}

function Value({ name }: { name: string }) {
  const result = useLossResult(name);
  if (result?.error) return <FailedValue message={result.error.message} />;
  if (!result || result.loss === null) return <Awaited className={styles.reason} />;
  const { share } = result;
  const width = share !== null && isFiniteNumber(share) ? Math.min(Math.max(Number(share), 0), 1) * 100 : 0;
  return (
    <>
      <span className={styles.numbers}>
        <Num value={result.loss} testid={`loss-tab-${name}-value`} className={styles.value} />
        {share !== null && <span className="num dim">{percent(share)}</span>}
      </span>
      <span className={styles.share} aria-hidden="true">
        <span style={{ width: `${width}%` }} />
      </span>
    </>
  );
}
