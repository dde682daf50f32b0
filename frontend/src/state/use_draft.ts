import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { exactText } from "../lib/numbers";
import { parseValue } from "../lib/typed";
import type { ConfigValue } from "../lib/types";

/** Typing pauses this long before what was typed so far is tried, in milliseconds. */
const PAUSE = 500;

/** The text of a field while a person types in it; committed on Enter, on leaving, or after a pause. */
export function useDraft(value: ConfigValue, onCommit: (typed: ConfigValue) => void) {
  const [draft, setDraft] = useState<string | null>(null);
  const commitSoon = useDebouncedCallback((text: string) => onCommit(parseValue(text)), PAUSE);
  const discard = () => {
    commitSoon.cancel();
    setDraft(null);
  };
  return {
    text: draft ?? (typeof value === "number" ? exactText(value) : String(value)),
    type: (text: string) => {
      setDraft(text);
      if (text.trim() === "") commitSoon.cancel();
      else commitSoon(text);
    },
    commit: () => {
      if (draft !== null) onCommit(parseValue(draft));
      discard();
    },
    discard,
    replace: (next: ConfigValue) => {
      discard();
      onCommit(next);
    },
  };
}
