import { ActionIcon } from "@mantine/core";
import type { ReactNode } from "react";
import type { RunInfo } from "../../lib/types";
import type { Steps } from "../../state/use_steps";
import { BackIcon, FirstIcon, ForwardIcon, LastIcon } from "../icons";

/** From snapshot to snapshot, everything else on screen kept. */
export function Walk({ run: { timeline }, steps: { step, scrub, walk } }: { run: RunInfo; steps: Steps }) {
  const [first, last] = [timeline[0] ?? null, timeline[timeline.length - 1] ?? null];
  const [atFirst, atLast] = [step === first?.step, step === last?.step];
  return (
    <ActionIcon.Group>
      <Way name="First snapshot" testid="run-first" off={atFirst} run={() => scrub(first)}>
        <FirstIcon size={14} />
      </Way>
      <Way name="Previous snapshot (,)" testid="run-back" off={atFirst} run={() => walk(-1)}>
        <BackIcon size={14} />
      </Way>
      <Way name="Next snapshot (.)" testid="run-forward" off={atLast} run={() => walk(1)}>
        <ForwardIcon size={14} />
      </Way>
      <Way name="Last snapshot" testid="run-last" off={atLast} run={() => scrub(last)}>
        <LastIcon size={14} />
      </Way>
    </ActionIcon.Group>
  );
}

interface WayProps {
  name: string;
  testid: string;
  off: boolean;
  run: () => void;
  children: ReactNode;
}

/** It keeps the focus at the end of the way, which a disabled button would lose. */
function Way({ name, testid, off, run, children }: WayProps) {
  return (
    <ActionIcon
      size={24}
      variant="default"
      title={name}
      aria-label={name}
      aria-disabled={off}
      data-disabled={off || undefined}
      onClick={run}
      data-testid={testid}
    >
      {children}
    </ActionIcon>
  );
}
