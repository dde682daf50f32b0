import { ActionIcon } from "@mantine/core";
import type { ReactNode } from "react";
import type { RunInfo } from "../../lib/types";
import type { RunNavigation } from "../../state/run_navigation";
import { BackIcon, FirstIcon, ForwardIcon, LastIcon } from "../icons";

interface StepButtonsProps {
  run: RunInfo;
  navigation: RunNavigation;
}

/** From snapshot to snapshot, everything else on screen stays. */
export function StepButtons({ run: { timeline }, navigation: { step, scrub, stepBy } }: StepButtonsProps) {
  const [first, last] = [timeline[0] ?? null, timeline[timeline.length - 1] ?? null];
  const [atFirst, atLast] = [step === first?.step, step === last?.step];
  return (
    <ActionIcon.Group>
      <StepButton name="First snapshot" testid="run-first" off={atFirst} run={() => scrub(first)}>
        <FirstIcon size={14} />
      </StepButton>
      <StepButton name="Previous snapshot (,)" testid="run-back" off={atFirst} run={() => stepBy(-1)}>
        <BackIcon size={14} />
      </StepButton>
      <StepButton name="Next snapshot (.)" testid="run-forward" off={atLast} run={() => stepBy(1)}>
        <ForwardIcon size={14} />
      </StepButton>
      <StepButton name="Last snapshot" testid="run-last" off={atLast} run={() => scrub(last)}>
        <LastIcon size={14} />
      </StepButton>
    </ActionIcon.Group>
  );
}

interface StepButtonProps {
  name: string;
  testid: string;
  off: boolean;
  run: () => void;
  children: ReactNode;
}

/** Not disabled at either end, so that it keeps the focus. */
function StepButton({ name, testid, off, run, children }: StepButtonProps) {
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
