import type { Configs as JudgedConfigs, PinnedRequest as JudgedPinned } from "../api";
import { client } from "../api/client.gen";
import { problemFrom } from "../lib/problem";
import type { Configs } from "../lib/types";

/** Operations of the server as its own description has them. A refusal is thrown as a `Problem`. */
export * from "../api";
export { client };

// Relative to the page, so that it works under any path prefix and any port.
client.setConfig({ baseUrl: "." });

// Without a response nothing was refused: the server is silent, or the request was aborted.
client.interceptors.error.use((error, response: Response | undefined) =>
  response ? problemFrom(response.status, error) : error,
);

/** A request with configs as typed: the server validates them, and its message names the field. */
export function uncheckedConfigs<Request extends { readonly configs: Configs }>(request: Request) {
  return request as Request & { configs: JudgedConfigs; pinned?: JudgedPinned | null };
}
