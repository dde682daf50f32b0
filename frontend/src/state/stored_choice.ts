import { useLocalStorage } from "@mantine/hooks";

/** A choice that this browser keeps from one visit to the next. */
export function useStoredChoice(key: string, defaultValue: string) {
  const [value, setValue] = useLocalStorage<string>({
    key,
    defaultValue,
    getInitialValueInEffect: false,
    serialize: (stored) => stored,
    deserialize: (stored) => stored ?? defaultValue,
  });
  return [value, setValue] as const;
}
