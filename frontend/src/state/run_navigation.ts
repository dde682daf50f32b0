import { useCallback, useEffect } from "react";
import type { SnapshotPlace } from "../lib/link";
import { newestSnapshot, snapshotAtOffset } from "../lib/runs";
import type { RunInfo, SnapshotInfo } from "../lib/types";
import { setFollowing, useFollowing } from "./following";
import { store } from "./page";
import { useSnapshotNavigation } from "./snapshot_navigation";
import { usePublished } from "./use_published";

/** The step of a run that is on screen or being opened, and the ways to others. */
export function useRunNavigation(run: RunInfo, place: SnapshotPlace) {
  const { target, goTo } = useSnapshotNavigation(run.id);
  const following = useFollowing(run.id);
  const newest = newestSnapshot(run);
  const step = target ?? place.step;

  // At first sight: who looks at the newest wants the next one too.
  useEffect(() => {
    if (!following) setFollowing(run, newest?.step === place.step);
  }, [following, run, newest, place.step]);

  // One at a time: a run that is faster than its evaluations is followed as fast as they come.
  useEffect(() => {
    const catchUp = () => {
      const { evaluation, dragging } = store.getState();
      if (following?.on && newest && newest.step !== step && !evaluation.busy && !dragging) goTo(newest);
    };
    catchUp();
    return store.subscribe((now, before) => {
      if (now.evaluation !== before.evaluation) catchUp();
    });
  }, [following, newest, step, goTo]);

  const scrub = useCallback(
    (snapshot: SnapshotInfo | null) => {
      if (!snapshot) return;
      setFollowing(run, snapshot.step === newest?.step);
      if (snapshot.step !== step) goTo(snapshot);
    },
    [run, newest, step, goTo],
  );
  const stepBy = useCallback((by: number) => scrub(snapshotAtOffset(run.timeline, step, by)), [run, step, scrub]);
  usePublished("stepFn", stepBy);

  const newestSeen = following && !following.on ? following.newestSeen : Number.POSITIVE_INFINITY;
  return {
    step,
    scrub,
    stepBy,
    following: following?.on ?? false,
    setFollowing: (on: boolean) => setFollowing(run, on),
    /** How many snapshots came since the page stays where it is. */
    unseen: run.timeline.filter((snapshot) => snapshot.step > newestSeen).length,
  };
}

/** What `useRunNavigation` gives. */
export type RunNavigation = ReturnType<typeof useRunNavigation>;
