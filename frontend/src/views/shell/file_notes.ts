import { notifications } from "@mantine/notifications";
import type { Problem } from "../../lib/problem";
import { counted } from "../../lib/sizes";
import type { BatchInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";

/** The server identifies batches by content, so a file may already be stored under another name. */
export function notifyAlreadyStored({ name }: BatchInfo): void {
  notifications.show({ message: `Already here as ${escapeInvisible(name)}` });
}

export function notifySingleUpload(refused: readonly unknown[]): void {
  notifications.show({
    color: "red",
    title: "Open one file at a time.",
    message: `${counted(refused.length, "file")} were dropped together.`,
  });
}

/** Notifies that a batch cannot be remapped, because its source file was deleted to make room. */
export function notifyImportDropped({ message }: Problem): void {
  notifications.show({ color: "red", title: "The mapping cannot be changed.", message });
}
