import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { counted } from "../../lib/sizes";
import styles from "./PresetMenu.module.css";

interface SavePresetProps {
  taken: readonly string[];
  /** How many fields differ from their defaults. */
  changed: number;
  onSave: (name: string) => void;
}

/** Saves the current form as a preset; an existing name is overwritten, and the button says so. */
export function SavePreset({ taken, changed, onSave }: SavePresetProps) {
  const [name, setName] = useState("");
  const wanted = name.trim();
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!wanted) return;
    onSave(wanted);
    setName("");
  };
  return (
    <form className={styles.save} onSubmit={save}>
      <TextInput
        size="xs"
        className={styles.grow}
        placeholder={`Name for ${changed === 0 ? "the defaults" : counted(changed, "changed field")}`}
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => event.key !== "Escape" && event.stopPropagation()}
        aria-label="Name for the current configuration"
        data-testid="preset-name"
      />
      <Button type="submit" size="xs" variant="light" disabled={!wanted} data-testid="preset-save">
        {taken.includes(wanted) ? "Overwrite" : "Save"}
      </Button>
    </form>
  );
}
