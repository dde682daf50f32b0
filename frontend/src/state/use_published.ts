import { useEffect } from "react";
import { store } from "./page";
import type { PageState } from "./store";

type Part = "screen" | "transition" | "map" | "stepFn";

/** Holds a part of the state at a value for as long as the component is mounted. */
export function usePublished<Key extends Part>(part: Key, value: PageState[Key]): void {
  useEffect(() => {
    store.setState({ [part]: value });
    return () => store.setState({ [part]: null });
  }, [part, value]);
}
