import { type RefObject, useEffect } from "react";

const inView = new Set<string>();

/** Knows of a figure, by its kind, whether it is on screen. */
export function useInView(place: RefObject<HTMLElement | null>, kind: string): void {
  useEffect(() => {
    if (!place.current) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) inView.add(kind);
      else inView.delete(kind);
    });
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      inView.delete(kind);
    };
  }, [place, kind]);
}

export function isInView(kind: string): boolean {
  return inView.has(kind);
}
