import { Button } from "@mantine/core";
import { memo } from "react";
import { count } from "../../lib/sizes";
import type { LossInfo } from "../../lib/types";
import { unpin } from "../../state/actions/comparison";
import { clearSlice } from "../../state/actions/selection";
import { useLink, useLossResult } from "../../state/page";
import { usePinnedStep } from "../../state/use_pinned_step";
import { CloseIcon } from "../icons";
import styles from "./Lens.module.css";

interface LensProps {
  loss: LossInfo;
  noun: string;
}

/** The active slice and pin, which affect the numbers below. Nothing without either. */
export const Lens = memo(function Lens({ loss, noun }: LensProps) {
  const slice = useLink((link) => link.slice);
  const pinned = useLink((link) => link.pinned);
  if (!slice && !pinned) return null;
  return (
    <section className={styles.lens} aria-label="Slice and comparison">
      {slice && <SliceChip loss={loss} noun={noun} />}
      {pinned && <PinnedChip />}
    </section>
  );
});

function SliceChip({ loss, noun }: LensProps) {
  const slice = useLossResult(loss.name)?.slice;
  return (
    <span className={styles.chip} data-testid="slice-chip">
      <span className="dim">Slice</span> <b>{slice?.label ?? "…"}</b>
      {slice && (
        <span className="num dim" data-testid="slice-count">
          {count(slice.count)} of {count(slice.of)} {noun}s
        </span>
      )}
      <Drop label="Clear the slice" testid="slice-drop" run={clearSlice} />
    </span>
  );
}

function PinnedChip() {
  const batch = useLink((link) => link.batch);
  const pinned = useLink((link) => link.pinned);
  const fields = Object.entries(pinned?.configs ?? {}).flatMap(([loss, config]) =>
    Object.entries(config).map(([field, value]) => `${loss}.${field} = ${value}`),
  );
  const other = pinned?.batch !== batch;
  const step = usePinnedStep(pinned);
  return (
    <span className={styles.chip} data-testid="pinned-chip">
      <span className="dim">Pinned</span>
      {step ? (
        <b className={styles.place} title={step.run}>
          <span className={styles.run}>{step.run}</span>&nbsp;· step {count(step.step)}
        </b>
      ) : (
        <b>{other ? "another batch" : "this batch"}</b>
      )}
      <span className={`mono ${styles.fields}`} title={fields.join(", ")}>
        {fields.length > 0 ? fields.join(", ") : "defaults"}
      </span>
      <Drop label="Unpin" testid="unpin" run={unpin} />
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
