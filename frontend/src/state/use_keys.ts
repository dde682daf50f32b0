import { useWindowEvent } from "@mantine/hooks";
import { KEYS } from "./keys";
import { store } from "./page";
import { pressed } from "./pressed";

/** Listens to the keys of the page. */
export function useKeys(): void {
  const press = (event: KeyboardEvent) => {
    const { overlay, screen } = store.getState();
    const key = overlay ? null : pressed(event);
    const found = key === null ? undefined : KEYS.find(({ keys }) => keys.includes(key));
    if (key !== null && found && found.run(screen, key) !== false) event.preventDefault();
  };
  // Captured first of all: an open tooltip would keep Escape for itself.
  useWindowEvent("keydown", press, true);
}
