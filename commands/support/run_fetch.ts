import { JcsError } from "../../core/errors.ts";
import type { Edge } from "../command.ts";
import { nativeDestination } from "./native/native_destination.ts";
import { nativeJson } from "./native/native_json.ts";
import { nativeOf } from "./native/native_of.ts";
import { formatNative, parseNative } from "./native_address.ts";

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
  const destination = nativeDestination(place, { several: false });
  const at = destination.object(name);
  if (destination.kind === "into" && name === "") {
    throw new JcsError("Usage", `Cannot fetch into ${JSON.stringify(target)}: the URL ends without a name`);
  }
  const progress = edge.output.progress({ objects: 1 });
  try {
    const { meta, how } = await nativeOf(await edge.client()).fetch(at, url, {
      signal: edge.signal,
      onProgress: (bytes) => progress.bytes(bytes),
    });
    edge.output.result({
      text: `Stored ${JSON.stringify(formatNative(at))}, ${meta.size ?? "?"} bytes`,
      json: { ...nativeJson(at.space, meta), type: "fetch", inside: how === "inside" },
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
