import { HOME, type Link } from "../../lib/link";
import { areaAt } from "../../lib/places";
import type { OpenedWindow } from "../../lib/types";
import { addressBar } from "../page";

/** Shows a scan; what is chosen in another one stays behind. */
export function openScan(id: string): void {
  addressBar.change({ scan: id, shard: HOME.shard, against: HOME.against });
}

/** Looks at a shard of the scan, or at none. */
export function selectShard(shard: Link["shard"]): void {
  addressBar.change({ shard }, "replace");
}

/** Compares the scan on screen with another one, or with none. */
export function compareWith(against: Link["against"]): void {
  addressBar.change({ against });
}

/** Shows a transition in the window around it, under the configs of the scan. */
export function showWindow({ batch, loss, row, step, configs }: OpenedWindow): void {
  addressBar.change({ ...HOME, batch: batch.id, loss, selected: areaAt([row, step]), configs });
}
