import { useEffect } from "react";
import { KEYS, type OnScreen } from "./keys";
import { pressed } from "./pressed";
import { overlayOpen } from "./use_overlay";

let screen: OnScreen | null = null;

/** Says what keys act on, for as long as it is on screen. */
export function useOnScreen(now: OnScreen | null): void {
  useEffect(() => {
    screen = now;
    return () => {
      screen = null;
    };
  });
}

/** Listens to the keys of the page. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = overlayOpen() ? null : pressed(event);
      const found = key === null ? undefined : KEYS.find(({ keys }) => keys.includes(key));
      if (key !== null && found && found.run(screen, key) !== false) event.preventDefault();
    };
    // First of all listeners: an open tooltip would keep Escape for itself.
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, []);
}
