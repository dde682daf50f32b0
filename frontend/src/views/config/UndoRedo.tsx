import { ActionIcon, Tooltip } from "@mantine/core";
import { memo, useSyncExternalStore } from "react";
import { linkStore } from "../../state/use_link";
import { RedoIcon, UndoIcon } from "../icons";

/** Back and forth between configurations; keys do the same. */
export const UndoRedo = memo(function UndoRedo() {
  const canUndo = useSyncExternalStore(linkStore.subscribe, linkStore.canUndo);
  const canRedo = useSyncExternalStore(linkStore.subscribe, linkStore.canRedo);
  return (
    <ActionIcon.Group>
      <Tooltip label="Undo the last change of the configuration (z)">
        <ActionIcon
          size={24}
          variant="default"
          aria-label="Undo"
          aria-disabled={!canUndo}
          data-disabled={!canUndo || undefined}
          onClick={linkStore.undo}
          data-testid="undo"
        >
          <UndoIcon size={14} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Redo it (Shift z)">
        <ActionIcon
          size={24}
          variant="default"
          aria-label="Redo"
          aria-disabled={!canRedo}
          data-disabled={!canRedo || undefined}
          onClick={linkStore.redo}
          data-testid="redo"
        >
          <RedoIcon size={14} />
        </ActionIcon>
      </Tooltip>
    </ActionIcon.Group>
  );
});
