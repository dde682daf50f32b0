import type { DownloadBatchData, DownloadTermsData, ListenData, ShowImageData, UploadBatchData } from "../api";
import type { Configs, FieldInfo } from "../lib/types";
import { client } from "./server";

/** Addresses that the browser itself opens, relative to the page: any path prefix and port will do. */

/** The stream of what happens to runs. */
export const EVENTS_URL = client.buildUrl<ListenData>({ url: "/api/events" });

/** One entry of a field as an image. */
export function imageUrl(id: string, { group, name }: Pick<FieldInfo, "group" | "name">, row: number, step: number) {
  const query = { group, name, row, step };
  return client.buildUrl<ShowImageData>({ url: "/api/batches/{batch_id}/image", path: { batch_id: id }, query });
}

/** A batch as a file. */
export function fileUrl(id: string): string {
  return client.buildUrl<DownloadBatchData>({ url: "/api/batches/{batch_id}/file", path: { batch_id: id } });
}

/** Every term of a loss as a file. */
export function termsUrl(id: string, loss: string, format: "csv" | "safetensors", configs: Configs): string {
  const query = { loss, format, configs: JSON.stringify(configs) };
  return client.buildUrl<DownloadTermsData>({ url: "/api/batches/{batch_id}/terms", path: { batch_id: id }, query });
}

/** Where a file of this name is uploaded. */
export function uploadUrl(name: string): string {
  return client.buildUrl<Omit<UploadBatchData, "body">>({ url: "/api/batches", query: { name } });
}
