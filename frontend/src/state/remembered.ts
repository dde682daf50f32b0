import { useCallback, useState } from "react";

/** A choice that this browser keeps from one visit to the next. */
export function useRemembered(key: string, usual: string): [string, (next: string) => void] {
  const [value, setValue] = useState(() => stored(key) ?? usual);
  const set = useCallback(
    (next: string) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // storage is off: it lasts as long as the page
      }
    },
    [key],
  );
  return [value, set];
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
