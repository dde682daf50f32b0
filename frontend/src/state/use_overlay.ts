import { useEffect } from "react";
import { store, usePage } from "./page";
import type { Overlay } from "./store";

/** Opens one of the overlays on the page, or closes what is open. */
export function openOverlay(next: Overlay | null): void {
  store.setState(({ overlays }) => ({ overlay: next && overlays.includes(next) ? next : null }));
}

/** Whether it is open, and what opens and closes it. */
export function useOverlay(name: Overlay): readonly [boolean, (open: boolean) => void] {
  useEffect(() => {
    store.setState(({ overlays }) => ({ overlays: [...overlays, name] }));
    return () =>
      store.setState(({ overlays, overlay }) => ({
        overlays: overlays.filter((each) => each !== name),
        overlay: overlay === name ? null : overlay,
      }));
  }, [name]);
  const isOpen = usePage(({ overlay }) => overlay === name);
  return [isOpen, (open) => openOverlay(open ? name : null)];
}
