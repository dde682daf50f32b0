import { useEffect } from "react";
import type { SnapshotPlace } from "../lib/link";
import { moved, newestOf } from "../lib/runs";
import type { RunInfo, SnapshotInfo } from "../lib/types";
import { follow, useFollowing } from "./following";
import { useRunOnScreen } from "./run_on_screen";
import { useTravel } from "./travel";
import { useEvaluation } from "./use_evaluation";

/** The step of a run that is on screen or on its way there, and the ways to others. */
export function useSteps(run: RunInfo, place: SnapshotPlace) {
  const { goal, go } = useTravel(run.id);
  const following = useFollowing(run.id);
  const busy = useEvaluation((now) => now.busy);
  const newest = newestOf(run);
  const step = goal ?? place.step;

  // At first sight: who looks at the newest wants the next one too.
  useEffect(() => {
    if (!following) follow(run, newest?.step === place.step);
  }, [following, run, newest, place.step]);

  // One at a time: a run that is faster than its answers is followed as fast as they come.
  useEffect(() => {
    if (following?.on && newest && newest.step !== step && !busy) go(newest);
  }, [following, newest, step, busy, go]);

  const scrub = (snapshot: SnapshotInfo | null) => {
    if (!snapshot) return;
    follow(run, snapshot.step === newest?.step);
    if (snapshot.step !== step) go(snapshot);
  };
  const walk = (by: number) => scrub(moved(run.timeline, step, by));
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
