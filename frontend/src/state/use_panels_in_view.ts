import { type RefObject, useEffect } from "react";

let wanted = false;

/** Asks for the panels of figures to come into view once they are drawn: someone has just asked for one. */
export function wantPanels(): void {
  wanted = true;
}

export function usePanelsInView(panels: RefObject<HTMLElement | null>, drawn: boolean): void {
  useEffect(() => {
    if (!wanted || !drawn || !panels.current) return;
    wanted = false;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    panels.current.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }, [panels, drawn]);
}
