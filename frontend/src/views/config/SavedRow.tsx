import { ActionIcon, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Config } from "../../lib/types";
import { PencilIcon, TrashIcon } from "../icons";
import { PresetItem } from "./PresetItem";
import styles from "./PresetMenu.module.css";

interface SavedRowProps {
  name: string;
  config: Config;
  active: boolean;
  onApply: () => void;
  onRename: (to: string) => void;
  onRemove: () => void;
}

/** A saved preset: apply, rename, delete. */
export function SavedRow({ name, config, active, onApply, onRename, onRemove }: SavedRowProps) {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft !== null) {
    const finish = () => {
      if (draft.trim()) onRename(draft.trim());
      setDraft(null);
    };
    return (
      <TextInput
        size="xs"
        m={4}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish();
          if (event.key === "Escape") setDraft(null);
          event.stopPropagation();
        }}
        onBlur={finish}
        autoFocus
        aria-label={`New name of ${name}`}
        data-testid="preset-rename-input"
      />
    );
  }
  return (
    <div className={styles.row} data-testid="saved-preset">
      <PresetItem name={name} config={config} active={active} onApply={onApply} />
      <ActionIcon
        variant="subtle"
        color="gray"
        size={28}
        onClick={() => setDraft(name)}
        aria-label={`Rename ${name}`}
        data-testid="preset-rename"
      >
        <PencilIcon size={14} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="red"
        size={28}
        onClick={onRemove}
        aria-label={`Delete ${name}`}
        data-testid="preset-delete"
      >
        <TrashIcon size={14} />
      </ActionIcon>
    </div>
  );
}
