import { type RefObject, useEffect } from "react";
import type { Transition } from "../lib/types";

let wanted = false;

/** Asks for the transition panel to come into view with the next transition: someone has just selected it. */
export function wantPanel(): void {
  wanted = true;
}

/** Scrolls to the panel when it was asked for and stands below the figures; beside them it is in view anyway. */
export function usePanelInView(panel: RefObject<HTMLElement | null>, transition: Transition | null): void {
  useEffect(() => {
    if (!transition || !wanted || !panel.current) return;
    wanted = false;
    if (getComputedStyle(panel.current).position === "sticky") return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    panel.current.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }, [panel, transition]);
}
