import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { ScanFigure } from "../../lib/types";
import styles from "./Scan.module.css";

const ScanPlot = lazy(() => import("./ScanPlot"));

interface PlotFrameProps {
  title: string;
  /** Null while it is awaited. */
  figure: ScanFigure | null;
  onPick?: (value: unknown) => void;
  testid: string;
}

/** The frame of a scan figure, with its note. */
export function PlotFrame({ title, figure, onPick, testid }: PlotFrameProps) {
  return (
    <figure className={styles.figure} data-testid={testid}>
      <h3>{title}</h3>
      <div className={styles.plot}>
        <Suspense fallback={<Skeleton height="100%" />}>
          {figure ? (
            <ScanPlot figure={figure} title={title} {...(onPick ? { onPick } : {})} />
          ) : (
            <Skeleton height="100%" />
          )}
        </Suspense>
      </div>
      <figcaption>{figure?.note}</figcaption>
    </figure>
  );
}
