import { ActionIcon, Tooltip } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { redo, undo } from "../../state/actions/configs";
import { usePage } from "../../state/page";
import { RedoIcon, UndoIcon } from "../icons";

/** Undo and redo of configurations; also on keys. */
export const UndoRedo = memo(function UndoRedo() {
  const canUndo = usePage((page) => page.canUndo);
  const canRedo = usePage((page) => page.canRedo);
  return (
    <ActionIcon.Group>
      <Step name="Undo" doc="Undo the last configuration change (z)" can={canUndo} run={undo}>
        <UndoIcon size={14} />
      </Step>
      <Step name="Redo" doc="Redo the last undone change (Shift z)" can={canRedo} run={redo}>
        <RedoIcon size={14} />
      </Step>
    </ActionIcon.Group>
  );
});

interface StepProps {
  name: "Undo" | "Redo";
  doc: string;
  can: boolean;
  run: () => void;
  children: ReactNode;
}

function Step({ name, doc, can, run, children }: StepProps) {
  return (
    <Tooltip label={doc}>
      <ActionIcon
        size={24}
        variant="default"
        aria-label={name}
        aria-disabled={!can}
        data-disabled={!can || undefined}
        onClick={run}
        data-testid={name.toLowerCase()}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
