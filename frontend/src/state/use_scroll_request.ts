import { useReducedMotion } from "@mantine/hooks";
import { type RefObject, useEffect } from "react";
import { store } from "./page";
import type { ScrollTarget } from "./store";

/** Scrolls to an element when that was requested and its content is ready; what is sticky is in view anyway. */
export function useScrollRequest(target: ScrollTarget, place: RefObject<HTMLElement | null>, ready: unknown): void {
  const still = useReducedMotion();
  useEffect(() => {
    if (!ready || store.getState().scrollTarget !== target || !place.current) return;
    store.setState({ scrollTarget: null });
    if (getComputedStyle(place.current).position === "sticky") return;
    place.current.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }, [target, place, ready, still]);
}
