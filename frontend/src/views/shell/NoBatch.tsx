import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { SnapshotPlace } from "../../lib/link";
import { count } from "../../lib/sizes";
import type { BatchSummary } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { openBatch } from "../../state/actions/navigation";
import { useOpenRun } from "../../state/open_run";
import { useLink } from "../../state/page";
import { runQuery } from "../../state/run_queries";
import { openOverlay } from "../../state/use_overlay";
import { OpenDemo } from "./OpenDemo";
import styles from "./Welcome.module.css";

interface NoBatchProps {
  /** As the link names it. */
  id: string;
  others: readonly BatchSummary[];
}

/** Shown for a link to an unknown batch, with links to continue. */
export function NoBatch({ id, others }: NoBatchProps) {
  const [newest] = others;
  const snapshot = useLink((link) => link.snapshot);
  return (
    <div className={styles.welcome} role="alert" data-testid="no-batch">
      <h2 className={styles.title}>Batch not found</h2>
      {snapshot && <GoneStep {...snapshot} />}
      <p className={styles.lead}>
        The link names batch <code title={id}>{id.slice(0, 12)}…</code>, which was deleted or is on another server.
        Batches are identified by their content: drop the same file on this page and the link works again, with its
        configuration and selection.
      </p>
      <div className={styles.ways}>
        {newest && (
          <Button onClick={() => openBatch(newest.id)} data-testid="show-newest">
            Show {escapeInvisible(newest.name)}
          </Button>
        )}
        {others.length > 1 && (
          <Button variant="default" onClick={() => openOverlay("batches")} data-testid="find-other">
            Find one of {others.length}
          </Button>
        )}
      </div>
      {!newest && <OpenDemo />}
    </div>
  );
}

/** The missing batch was a step of a run, which may have others. */
function GoneStep({ run: id, step }: SnapshotPlace) {
  const { data: run } = useQuery({ ...runQuery(id), retry: false });
  const open = useOpenRun();
  if (!run || run.snapshots === 0) return null;
  return (
    <div className={styles.ways}>
      <span>
        It was step {count(step)} of run {escapeInvisible(run.name)}, whose newest step is {count(run.last_step ?? 0)}.
      </span>
      <Button onClick={() => open.mutate(id)} data-testid="show-run">
        Show its newest step
      </Button>
    </div>
  );
}
