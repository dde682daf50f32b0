import { Button, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import { shardOf } from "../../lib/scan";
import { counted } from "../../lib/sizes";
import { openBatch } from "../../state/actions/navigation";
import { useLink } from "../../state/page";
import { scanQuery } from "../../state/scan_queries";
import { AlertIcon } from "../icons";
import { ProblemBanner } from "../ProblemBanner";
import shell from "../shell/Page.module.css";
import { ClassesCard } from "./ClassesCard";
import { ComparisonCard } from "./ComparisonCard";
import { DistributionCard } from "./DistributionCard";
import { FindingsCard } from "./FindingsCard";
import styles from "./Scan.module.css";
import { ScanHead } from "./ScanHead";
import { ShardPanel } from "./ShardPanel";
import { ShardsCard } from "./ShardsCard";
import { SweepCard } from "./SweepCard";
import { WorstCard } from "./WorstCard";

/** A scan of a whole data set: which shards to look at, and the numbers of all. */
export function ScanPage({ id }: { id: string }) {
  const { data: scan, error, refetch } = useQuery(scanQuery(id));
  const chosen = useLink(({ shard }) => shard);
  const against = useLink((link) => link.against);
  if (error) {
    const problem = problemOf(error);
    const action =
      problem.code === "unknown_scan"
        ? { label: "Show the newest batch", run: () => openBatch(null) }
        : { label: "Try again", run: () => void refetch() };
    return <ProblemBanner title="This scan cannot be shown." problem={problem} action={action} />;
  }
  if (!scan) {
    return (
      <div className={shell.waiting} role="status" data-testid="loading">
        <Loader size="sm" />
        <span className="dim">Opening the scan…</span>
      </div>
    );
  }
  const shard = shardOf(chosen, scan);
  return (
    <div className={styles.page} data-testid="scan-page">
      {!scan.complete && (
        <div className={styles.partial} role="status" data-testid="scan-partial">
          <AlertIcon size={16} />
          <span>
            This scan is partial: {counted(scan.missing_tasks, "task")} not done, and shards with such a task are left
            out. Run the same command again to go on.
          </span>
          <Button size="compact-xs" variant="default" onClick={() => void refetch()}>
            Read again
          </Button>
        </div>
      )}
      <ScanHead scan={scan} against={against} />
      {against && <ComparisonCard scan={scan} other={against} />}
      <div className={styles.columns}>
        <ShardsCard scan={scan} selected={shard} />
        <ShardPanel scan={scan} rank={shard} />
      </div>
      <div className={styles.halves}>
        <FindingsCard scan={scan} />
        <WorstCard scan={scan} />
      </div>
      {scan.quantities.length > 0 && <DistributionCard scan={scan} shard={shard} />}
      {scan.sweeps && <SweepCard scan={scan} />}
      {scan.losses.length > 0 && <ClassesCard scan={scan} shard={shard} />}
    </div>
  );
}
