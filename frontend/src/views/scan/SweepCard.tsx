import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import type { ScanInfo } from "../../lib/types";
import { sweepQuery } from "../../state/scan_queries";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { PlotFrame } from "./PlotFrame";
import styles from "./Scan.module.css";

const TITLE = "Mean over all shards";

/** How the losses and their metrics depend on the fields that were swept, over the whole data set. */
export function SweepCard({ scan }: { scan: ScanInfo }) {
  const { data: figures, error } = useQuery(sweepQuery(scan.id));
  return (
    <Card title="Sweep" testid="scan-sweep">
      {error && <ProblemBanner title="No sweep." problem={problemOf(error)} />}
      {!error && (
        <div className={styles.figures}>
          {figures ? (
            figures.map((figure) => <PlotFrame key={figure.note} title={TITLE} figure={figure} testid="sweep-figure" />)
          ) : (
            <PlotFrame title={TITLE} figure={null} testid="sweep-figure" />
          )}
        </div>
      )}
    </Card>
  );
}
