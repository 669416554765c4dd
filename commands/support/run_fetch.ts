import { JcsError } from "../../core/errors.ts";
import type { Edge } from "../command.ts";
import { formatNative, nativeTarget, parseNative } from "./native_address.ts";
import { metaJson, nativeOf } from "./run_native.ts";

/** Fetches a URL into a file of a space. */
export async function runFetch(
  edge: Edge,
  { url, target }: { readonly url: string; readonly target: string },
): Promise<void> {
  const place = parseNative(target);
  if (place === undefined) {
    throw new JcsError("Usage", `Cannot use ${JSON.stringify(target)} with fetch: write space:path`);
  }
  const name = lastName(url);
  const at = nativeTarget(place, { name, several: false });
  if (at !== place && name === "") {
    throw new JcsError("Usage", `Cannot fetch into ${JSON.stringify(target)}: the URL ends without a name`);
  }
  const progress = edge.output.progress({ objects: 1 });
  try {
    const { meta, how } = await nativeOf(await edge.client()).fetch(at, url, {
      signal: edge.signal,
      onProgress: (bytes) => progress.bytes(bytes),
    });
    edge.output.result({
      text: `stored ${JSON.stringify(formatNative(at))}, ${meta.size ?? "?"} bytes`,
      json: { ...metaJson(at.space, meta), type: "fetch", inside: how === "inside" },
    });
  } finally {
    progress.end();
  }
}

/** The name behind the last slash of the URL's path. */
function lastName(url: string): string {
  const name = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
