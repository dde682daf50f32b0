import { useInterval } from "@mantine/hooks";
import { useState } from "react";

/** The time in milliseconds, updated so often. */
export function useNow(every = 5000): number {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), every, { autoInvoke: true });
  return now;
}
