import type { ByteStream } from "../../core/bytes/byte_stream.ts";
import { JcsError } from "../../core/errors.ts";
import { streamSource } from "../../core/local/stream_source.ts";
import type { Edge } from "../command.ts";
import { nativeOf } from "./native/native_of.ts";
import { type NativeWriteOptions, nativeWriteOptions } from "./native/native_write_options.ts";
import { parseNative } from "./native_address.ts";

/** Writes stdin to a file of a space and to stdout. */
export async function runTee(
  edge: Edge,
  { target, options }: { readonly target: string; readonly options: NativeWriteOptions },
): Promise<void> {
  const at = parseNative(target);
  if (at === undefined) {
    throw new JcsError("Usage", `Cannot use ${JSON.stringify(target)} with tee: write space:path`);
  }
  const native = nativeOf(await edge.client());
  await native.write(at, passedOn(edge), nativeWriteOptions(edge, options));
}

async function* passedOn(edge: Edge): ByteStream {
  for await (const chunk of streamSource(edge.stdin, { signal: edge.signal }).open()) {
    await edge.stdout(chunk);
    yield chunk;
  }
}
