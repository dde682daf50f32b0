import { useInViewport, useMergedRef } from "@mantine/hooks";
import { type RefObject, useEffect, useRef } from "react";
import type { FigureResult } from "../lib/types";
import { store } from "./page";

/** A figure on screen and the element it is drawn in. */
export interface Frame {
  readonly result: FigureResult;
  readonly element: HTMLElement;
}

/** The place of a figure; lists the figure for as long as it is on screen, and its kind while that is in the viewport. */
export function useFrame(kind: string, result: FigureResult | null) {
  const place = useRef<HTMLDivElement>(null);
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  useEffect(() => {
    if (result) list(place, result);
    return () => list(place, null);
  }, [result]);
  useEffect(() => {
    if (!inViewport) return;
    store.setState(({ figuresInView }) => ({ figuresInView: [...figuresInView, kind] }));
    return () =>
      store.setState(({ figuresInView }) => ({ figuresInView: figuresInView.filter((each) => each !== kind) }));
  }, [kind, inViewport]);
  return { place, ref: useMergedRef(place, ref) };
}

function list(place: RefObject<HTMLElement | null>, result: FigureResult | null): void {
  store.setState(({ frames }) => {
    const others = [...frames].filter(([each]) => each !== place);
    return { frames: new Map(result ? [...others, [place, result]] : others) };
  });
}

/** Every figure on screen, from top to bottom. */
export function framesOnScreen(): Frame[] {
  return [...store.getState().frames]
    .flatMap(([{ current: element }, result]) => (element ? [{ result, element }] : []))
    .sort((a, b) => (a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
}
