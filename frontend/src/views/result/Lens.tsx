import { Button } from "@mantine/core";
import { memo } from "react";
import { count } from "../../lib/sizes";
import type { LossInfo } from "../../lib/types";
import type { Answer } from "../../state/use_evaluation";
import { linkStore, useLink } from "../../state/use_link";
import { CloseIcon } from "../icons";
import styles from "./Lens.module.css";

interface LensProps {
  loss: LossInfo;
  answer: Answer | null;
  noun: string;
}

/** What the numbers below are seen through: a slice of the batch, a pinned state beside them. Nothing without either. */
export const Lens = memo(function Lens({ loss, answer, noun }: LensProps) {
  const { slice, pinned } = useLink();
  if (!slice && !pinned) return null;
  return (
    <section className={styles.lens} aria-label="Slice and comparison">
      {slice && <SliceChip loss={loss} answer={answer} noun={noun} />}
      {pinned && <PinnedChip />}
    </section>
  );
});

function SliceChip({ loss, answer, noun }: LensProps) {
  const slice = answer?.evaluation.losses[loss.name]?.slice;
  return (
    <span className={styles.chip} data-testid="slice-chip">
      <span className="dim">Slice</span> <b>{slice?.label ?? "…"}</b>
      {slice && (
        <span className="num dim" data-testid="slice-count">
          {count(slice.count)} of {count(slice.of)} {noun}s
        </span>
      )}
      <Drop label="Drop the slice" testid="slice-drop" run={() => linkStore.update({ slice: null })} />
    </span>
  );
}

function PinnedChip() {
  const { batch, pinned } = useLink();
  const fields = Object.entries(pinned?.configs ?? {}).flatMap(([loss, config]) =>
    Object.entries(config).map(([field, value]) => `${loss}.${field} = ${value}`),
  );
  const other = pinned?.batch !== batch;
  return (
    <span className={styles.chip} data-testid="pinned-chip">
      <span className="dim">Pinned</span>
      <b>{other ? "another batch" : "this batch"}</b>
      <span className={`mono ${styles.fields}`} title={fields.join(", ")}>
        {fields.length > 0 ? fields.join(", ") : "defaults"}
      </span>
      <Drop label="Unpin" testid="unpin" run={() => linkStore.update({ pinned: null, side: "live" })} />
    </span>
  );
}

function Drop({ label, testid, run }: { label: string; testid: string; run: () => void }) {
  return (
    <Button size="compact-xs" variant="subtle" onClick={run} aria-label={label} title={label} data-testid={testid}>
      <CloseIcon size={12} />
    </Button>
  );
}
