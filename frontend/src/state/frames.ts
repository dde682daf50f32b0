import { type RefObject, useEffect } from "react";
import type { FigureResult } from "../lib/types";

/** A figure on screen and the element it is drawn in. */
export interface Frame {
  readonly result: FigureResult;
  readonly element: HTMLElement;
}

const shown = new Map<RefObject<HTMLElement | null>, FigureResult>();

/** Keeps a figure listed for as long as it is on screen. */
export function useFrame(place: RefObject<HTMLElement | null>, result: FigureResult | null): void {
  useEffect(() => {
    if (result) shown.set(place, result);
    return () => void shown.delete(place);
  }, [place, result]);
}

/** Every figure on screen, from top to bottom. */
export function frames(): Frame[] {
  return [...shown]
    .flatMap(([{ current: element }, result]) => (element ? [{ result, element }] : []))
    .sort((a, b) => (a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
}
