import { parseDuration } from "../../core/bytes/duration.ts";
import { JcsError } from "../../core/errors.ts";
import type { Edge } from "../command.ts";
import { nativeOf } from "./native/native_of.ts";
import { parseNative } from "./native_address.ts";

/** What the command line of `sign` said. */
export interface SignArguments {
  readonly file: string;
  readonly operation: string;
  readonly expire: string;
}

/** Shows a signed request for one file of a space. */
export async function runSign(edge: Edge, sign: SignArguments): Promise<void> {
  const { operation } = sign;
  const at = parseNative(sign.file);
  if (at === undefined) {
    throw new JcsError("Usage", `Cannot use ${JSON.stringify(sign.file)} with sign: write space:path`);
  }
  if (operation !== "read" && operation !== "write" && operation !== "remove") {
    throw new JcsError("Usage", `Cannot sign ${JSON.stringify(operation)}: write read, write or remove`);
  }
  const expiresInSeconds = Math.floor(parseDuration(sign.expire) / 1000);
  const signed = await nativeOf(await edge.client()).sign(operation, at, { expiresInSeconds });
  const { method, url, headers } = signed;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  edge.output.result({
    text: [...(operation === "read" ? [] : [method]), url, ...lines].join("\n"),
    json: {
      type: "signed",
      ...at,
      operation,
      method,
      url,
      headers,
      expiresAt: signed.expiresAt.toISOString(),
    },
  });
}
