import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { SnapshotPlace } from "../lib/link";
import type { SnapshotInfo } from "../lib/types";
import { Latest } from "./latest";
import { batchQuery } from "./queries";
import { linkStore } from "./use_link";

/** A snapshot and its batch. */
export type Goal = SnapshotPlace & Pick<SnapshotInfo, "batch_id">;

/** Brings a snapshot on screen once its batch is known; everything else of the link stays, so one transition is followed. */
export async function showSnapshot(client: QueryClient, goal: Goal): Promise<void> {
  await client.prefetchQuery(batchQuery(goal.batch_id));
  arrive(goal);
}

function arrive({ run, step, batch_id }: Goal): void {
  linkStore.update({ batch: batch_id, snapshot: { run, step } }, "replace");
}

/** Goes from snapshot to snapshot: of those asked for in quick succession only the last one is gone to. */
export function useTravel(run: string) {
  const client = useQueryClient();
  const [goal, setGoal] = useState<number | null>(null);
  const latest = useMemo(
    () =>
      new Latest<Goal, void>({
        run: ({ batch_id }) => client.prefetchQuery(batchQuery(batch_id)),
        done: (there) => {
          arrive(there);
          setGoal((now) => (now === there.step ? null : now));
        },
        failed: () => setGoal(null),
      }),
    [client],
  );
  useEffect(() => () => latest.stop(), [latest]);
  const go = useMemo(
    () => (snapshot: SnapshotInfo) => {
      setGoal(snapshot.step);
      latest.ask({ run, ...snapshot });
    },
    [latest, run],
  );
  return { /** The step on the way to; null when there. */ goal, go };
}
