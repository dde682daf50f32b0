import { Skeleton } from "@mantine/core";
import { type ReactNode, Suspense } from "react";
import type { FigureResult } from "../../lib/types";
import { useFrame } from "../../state/frames";
import styles from "./Figures.module.css";
import { SaveMenu } from "./SaveMenu";

interface FigureFrameProps {
  kind: string;
  title: ReactNode;
  help?: string;
  /** What changes how it is drawn. */
  tools?: ReactNode;
  /** Null while the first answer is awaited. */
  result: FigureResult | null;
  /** A CSS length. */
  height: string;
  stale: boolean;
  testid: string;
  children: (result: FigureResult) => ReactNode;
}

/** The frame of a figure: keeps its height while loading, and says why there is nothing to draw. */
export function FigureFrame({ kind, title, help, tools, result, height, stale, testid, children }: FigureFrameProps) {
  const skeleton = <Skeleton height={height} />;
  const empty = result !== null && result.figure === null && result.table === null;
  const { place, ref } = useFrame(kind, empty ? null : result);
  return (
    <div className={styles.frame}>
      <div className={styles.caption}>
        <h3>{title}</h3>
        <span className={styles.note} data-testid={`${testid}-note`}>
          {result?.note}
        </span>
        {!empty && help && <span className={styles.help}>{help}</span>}
        {!empty && tools}
        {result && !empty && <SaveMenu result={result} place={place} testid={testid} />}
      </div>
      <div
        ref={ref}
        className={styles.plot}
        style={{ height: empty ? 0 : height }}
        data-testid={testid}
        data-term={result?.term}
        data-stale={stale || undefined}
      >
        {result === null && skeleton}
        {result && !empty && <Suspense fallback={skeleton}>{children(result)}</Suspense>}
      </div>
    </div>
  );
}
