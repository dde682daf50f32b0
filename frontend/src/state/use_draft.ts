import { useCallback, useEffect, useRef, useState } from "react";
import { exactText } from "../lib/numbers";
import { parsed } from "../lib/typed";
import type { ConfigValue } from "../lib/types";

/** Typing pauses this long before what was typed so far is tried, in milliseconds. */
const PAUSE = 500;

/** The text of a field while a person types in it; committed on Enter, on leaving, or after a pause. */
export function useDraft(value: ConfigValue, onCommit: (typed: ConfigValue) => void) {
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const commitNow = useRef(onCommit);
  commitNow.current = onCommit;
  useEffect(() => () => clearTimeout(timer.current), []);

  const type = useCallback((text: string) => {
    setDraft(text);
    clearTimeout(timer.current);
    if (text.trim() !== "") timer.current = setTimeout(() => commitNow.current(parsed(text)), PAUSE);
  }, []);

  const discard = useCallback(() => {
    clearTimeout(timer.current);
    setDraft(null);
  }, []);

  const commit = useCallback(() => {
    if (draft !== null) commitNow.current(parsed(draft));
    discard();
  }, [draft, discard]);

  const replace = useCallback(
    (next: ConfigValue) => {
      discard();
      commitNow.current(next);
    },
    [discard],
  );

  const text = draft ?? (typeof value === "number" ? exactText(value) : String(value));
  return { text, type, commit, discard, replace };
}
