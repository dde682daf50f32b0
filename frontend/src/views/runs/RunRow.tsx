import { ago, isLive } from "../../lib/runs";
import { count, counted, fileSize, formatDateTime } from "../../lib/sizes";
import type { RunSummary } from "../../lib/types";
import { useDeleteRun } from "../../state/run_queries";
import { DeleteButton } from "../menu/DeleteButton";
import { EntryRow } from "../menu/EntryRow";
import { LiveDot } from "./LiveDot";

interface RunRowProps {
  run: RunSummary;
  now: number;
  onPick: () => void;
}

/** A run: open or delete. */
export function RunRow({ run, now, onPick }: RunRowProps) {
  const { id, name, snapshots, last_step, bytes, updated } = run;
  const last = last_step === null ? "" : ` · step ${count(last_step)}`;
  return (
    <EntryRow
      name={name}
      mark={isLive(run, now) && <LiveDot />}
      facts={`${counted(snapshots, "snapshot")}${last} · ${fileSize(bytes)} · ${ago(updated, now)}`}
      factsTitle={formatDateTime(updated)}
      disabled={snapshots === 0}
      onPick={onPick}
      testid="run-row"
    >
      <DeleteButton id={id} name={name} also=" with its snapshots" remove={useDeleteRun()} testid="run-delete" />
    </EntryRow>
  );
}
