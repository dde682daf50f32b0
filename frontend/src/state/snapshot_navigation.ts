import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { SnapshotPlace } from "../lib/link";
import type { SnapshotInfo } from "../lib/types";
import { switchSnapshot } from "./actions/navigation";
import { Latest } from "./latest";
import { batchQuery } from "./queries";

/** A snapshot to go to, and its batch. */
export type SnapshotTarget = SnapshotPlace & Pick<SnapshotInfo, "batch_id">;

/** Brings a snapshot on screen once its batch is known. */
export async function goToSnapshot(client: QueryClient, target: SnapshotTarget): Promise<void> {
  await client.prefetchQuery(batchQuery(target.batch_id));
  arrive(target);
}

function arrive({ run, step, batch_id }: SnapshotTarget): void {
  switchSnapshot(batch_id, { run, step });
}

/** Goes from snapshot to snapshot: of those asked for in quick succession only the last one is gone to. */
export function useSnapshotNavigation(run: string) {
  const client = useQueryClient();
  const [target, setTarget] = useState<number | null>(null);
  const latest = useMemo(
    () =>
      new Latest<SnapshotTarget, void>({
        run: ({ batch_id }) => client.prefetchQuery(batchQuery(batch_id)),
        done: (there) => {
          arrive(there);
          setTarget((now) => (now === there.step ? null : now));
        },
        failed: () => setTarget(null),
      }),
    [client],
  );
  useEffect(() => () => latest.stop(), [latest]);
  const goTo = useMemo(
    () => (snapshot: SnapshotInfo) => {
      setTarget(snapshot.step);
      latest.ask({ run, ...snapshot });
    },
    [latest, run],
  );
  return { /** The step that is being opened; null when it is on screen. */ target, goTo };
}
