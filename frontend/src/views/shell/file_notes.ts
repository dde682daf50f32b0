import { notifications } from "@mantine/notifications";
import type { Problem } from "../../lib/problem";
import { counted } from "../../lib/sizes";
import type { BatchInfo } from "../../lib/types";
import { visible } from "../../lib/visible";

/** The server tells batches apart by content, so a file may be there under another name. */
export function sayKnown({ name }: BatchInfo): void {
  notifications.show({ message: `Already here as ${visible(name)}` });
}

export function sayOneAtATime(refused: readonly unknown[]): void {
  notifications.show({
    color: "red",
    title: "Open one file at a time.",
    message: `${counted(refused.length, "file")} were dropped together.`,
  });
}

/** Tells why a batch cannot be mapped otherwise: its file made room for others. */
export function sayGone({ message }: Problem): void {
  notifications.show({ color: "red", title: "The mapping cannot be changed.", message });
}
