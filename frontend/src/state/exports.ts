import type { SnapshotPlace } from "../lib/link";
import type { SnapshotOrigin } from "../lib/types";
import type { ScreenSnapshot } from "./screen_snapshot";
import { copyAsPython, showSnapshot, uncheckedConfigs } from "./server";

/** The Python script that computes what is on screen. */
export async function scriptOf({ result, view }: ScreenSnapshot): Promise<string> {
  const { batch, body } = result.request;
  const request = uncheckedConfigs({ configs: body.configs, loss: view.loss.name });
  return (await copyAsPython({ path: { batch_id: batch }, body: request })).text;
}

/** What training logged with a snapshot. */
export function originOf({ run, step }: SnapshotPlace): Promise<SnapshotOrigin> {
  return showSnapshot({ path: { run_id: run, step } });
}
