import { useCallback, useEffect } from "react";
import type { SnapshotPlace } from "../lib/link";
import { moved, newestOf } from "../lib/runs";
import type { RunInfo, SnapshotInfo } from "../lib/types";
import { isDragging } from "./dragging";
import { follow, useFollowing } from "./following";
import { useRunOnScreen } from "./run_on_screen";
import { useTravel } from "./travel";
import { evaluations } from "./use_evaluation";

/** The step of a run that is on screen or on its way there, and the ways to others. */
export function useSteps(run: RunInfo, place: SnapshotPlace) {
  const { goal, go } = useTravel(run.id);
  const following = useFollowing(run.id);
  const newest = newestOf(run);
  const step = goal ?? place.step;

  // At first sight: who looks at the newest wants the next one too.
  useEffect(() => {
    if (!following) follow(run, newest?.step === place.step);
  }, [following, run, newest, place.step]);

  // One at a time: a run that is faster than its answers is followed as fast as they come.
  useEffect(() => {
    const catchUp = () => {
      if (following?.on && newest && newest.step !== step && !evaluations.get().busy && !isDragging()) go(newest);
    };
    catchUp();
    return evaluations.subscribe(catchUp);
  }, [following, newest, step, go]);

  const scrub = useCallback(
    (snapshot: SnapshotInfo | null) => {
      if (!snapshot) return;
      follow(run, snapshot.step === newest?.step);
      if (snapshot.step !== step) go(snapshot);
    },
    [run, newest, step, go],
  );
  const walk = useCallback((by: number) => scrub(moved(run.timeline, step, by)), [run, step, scrub]);
  useRunOnScreen(walk);

  const seen = following && !following.on ? following.seen : Number.POSITIVE_INFINITY;
  return {
    step,
    scrub,
    walk,
    following: following?.on ?? false,
    setFollowing: (on: boolean) => follow(run, on),
    /** How many came since the page stays where it is. */
    news: run.timeline.filter((snapshot) => snapshot.step > seen).length,
  };
}

/** What `useSteps` gives. */
export type Steps = ReturnType<typeof useSteps>;
