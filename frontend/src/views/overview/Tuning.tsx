import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { configField, type Problem } from "../../lib/problem";
import type { BatchInfo, LossInfo } from "../../lib/types";
import { runs } from "../../lib/view";
import { ConfigCard } from "../config/ConfigCard";

interface TuningProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  problem: Problem | null;
}

/** The configuration of each loss; one with an error comes first. */
export function Tuning({ batch, catalogue, problem }: TuningProps) {
  const [picked, pick] = useState<string | null>(null);
  const running = catalogue.filter(({ name }) => runs(batch, name));
  const wrong = configField(problem)?.loss ?? null;
  const loss = running.find(({ name }) => name === (wrong ?? picked)) ?? running[0];
  if (!loss) return null;
  return (
    <>
      {running.length > 1 && (
        <SegmentedControl
          size="xs"
          fullWidth
          value={loss.name}
          onChange={pick}
          data={running.map(({ name }) => ({ value: name, label: name }))}
          aria-label="Loss to configure"
          data-testid="tuned-loss"
        />
      )}
      <ConfigCard loss={loss} problem={problem} />
    </>
  );
}
