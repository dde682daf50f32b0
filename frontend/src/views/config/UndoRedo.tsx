import { ActionIcon, Tooltip } from "@mantine/core";
import { memo, type ReactNode, useSyncExternalStore } from "react";
import { linkStore } from "../../state/use_link";
import { RedoIcon, UndoIcon } from "../icons";

/** Back and forth between configurations; keys do the same. */
export const UndoRedo = memo(function UndoRedo() {
  const canUndo = useSyncExternalStore(linkStore.subscribe, linkStore.canUndo);
  const canRedo = useSyncExternalStore(linkStore.subscribe, linkStore.canRedo);
  return (
    <ActionIcon.Group>
      <Step name="Undo" doc="Undo the last change of the configuration (z)" can={canUndo} run={linkStore.undo}>
        <UndoIcon size={14} />
      </Step>
      <Step name="Redo" doc="Redo it (Shift z)" can={canRedo} run={linkStore.redo}>
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
