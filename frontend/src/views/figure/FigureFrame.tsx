import { Skeleton } from "@mantine/core";
import { type ReactNode, Suspense } from "react";
import type { FigureResult } from "../../lib/types";
import styles from "./Figures.module.css";

interface FigureFrameProps {
  title: string;
  /** Null while the first answer is awaited. */
  result: FigureResult | null;
  height: number;
  stale: boolean;
  testid: string;
  children: (result: FigureResult) => ReactNode;
}

/** The place of a figure: keeps its height while it loads, and says in words when there is nothing to draw. */
export function FigureFrame({ title, result, height, stale, testid, children }: FigureFrameProps) {
  const skeleton = <Skeleton height={height} />;
  return (
    <div className={styles.frame}>
      <div className={styles.caption}>
        <h3>{title}</h3>
        <span className={styles.note} data-testid={`${testid}-note`}>
          {result?.note}
        </span>
        {testid === "term-map" && (
          <span className={styles.help}>click or arrow keys select · drag zooms · double click resets</span>
        )}
      </div>
      <div
        className={styles.plot}
        style={{ height }}
        data-testid={testid}
        data-term={result?.term}
        data-stale={stale || undefined}
      >
        {result === null && skeleton}
        {result?.figure && <Suspense fallback={skeleton}>{children(result)}</Suspense>}
        {result && !result.figure && (
          <p className={styles.off} role="status" data-testid={`${testid}-message`}>
            {result.term} is off under this configuration, so there is nothing to draw.
          </p>
        )}
      </div>
    </div>
  );
}
