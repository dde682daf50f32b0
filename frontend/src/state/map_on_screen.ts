import { useEffect } from "react";
import type { FigureResult } from "../lib/types";

let onScreen: FigureResult | null = null;

/** Says which map the keys move the selection on, for as long as it is on screen. */
export function useMapOnScreen(map: FigureResult): void {
  useEffect(() => {
    onScreen = map;
    return () => {
      onScreen = null;
    };
  }, [map]);
}

export function mapOnScreen(): FigureResult | null {
  return onScreen;
}
