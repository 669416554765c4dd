import { parseDuration } from "../../core/bytes/duration.ts";
import { JcsError } from "../../core/errors.ts";
import type { NativeAddress } from "../../core/native_client.ts";
import type { SignedRequest } from "../../core/store/store.ts";
import type { Edge } from "../command.ts";
import { nativeOf } from "./native/native_of.ts";
import { parseNative } from "./native_address.ts";

/** What the command line of `sign` said. */
export interface SignArguments {
  readonly file: string;
  /** `read` unless given. */
  readonly for?: string | undefined;
  readonly expire: string;
  /** Number of parts. */
  readonly multipart?: string | undefined;
  readonly upload?: string | undefined;
}

/** Shows a signed request for one file of a space, or all of an upload in parts. */
export async function runSign(edge: Edge, sign: SignArguments): Promise<void> {
  const at = parseNative(sign.file);
  if (at === undefined) {
    throw new JcsError("Usage", `Cannot use ${JSON.stringify(sign.file)} with sign: write space:path`);
  }
  const expiresInSeconds = Math.floor(parseDuration(sign.expire) / 1000);
  if (sign.multipart !== undefined) return await signParts(edge, { ...sign, at, expiresInSeconds });
  if (sign.upload !== undefined) throw new JcsError("Usage", "Cannot use --upload without --multipart");
  const operation = sign.for ?? "read";
  if (operation !== "read" && operation !== "write" && operation !== "remove") {
    throw new JcsError("Usage", `Cannot sign ${JSON.stringify(operation)}: write read, write or remove`);
  }
  const signed = await nativeOf(await edge.client()).sign(operation, at, { expiresInSeconds });
  show(edge, at, { operation, title: operation === "read" ? [] : [signed.method], signed });
}

async function signParts(
  edge: Edge,
  sign: SignArguments & { readonly at: NativeAddress; readonly expiresInSeconds: number },
): Promise<void> {
  const { at, expiresInSeconds, multipart = "", upload } = sign;
  if (sign.for !== undefined)
    throw new JcsError("Usage", "Cannot use --for with --multipart: parts are written");
  if (!/^[1-9]\d{0,5}$/.test(multipart)) {
    throw new JcsError(
      "Usage",
      `Cannot sign ${JSON.stringify(multipart)} parts: write a whole number from 1 on`,
    );
  }
  const steps = nativeOf(await edge.client()).signUpload(at, {
    parts: Number(multipart),
    expiresInSeconds,
    signal: edge.signal,
    ...(upload === undefined ? {} : { uploadId: upload }),
  });
  for await (const { step, uploadId, number, request } of steps) {
    const title = [
      `${step}${number === undefined ? "" : ` ${number}`} of upload ${uploadId}: ${request.method}`,
    ];
    const json = { uploadId, ...(number === undefined ? {} : { number }) };
    show(edge, at, { operation: step, title, signed: request, json });
  }
}

function show(
  edge: Edge,
  at: NativeAddress,
  shown: {
    readonly operation: string;
    readonly title: readonly string[];
    readonly signed: SignedRequest;
    readonly json?: Readonly<Record<string, unknown>>;
  },
): void {
  const { operation, title, signed } = shown;
  const { method, url, headers, body, expiresAt } = signed;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  edge.output.result({
    text: [...title, url, ...lines, ...(body === undefined ? [] : [body])].join("\n"),
    json: {
      type: "signed",
      ...at,
      operation,
      ...shown.json,
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      expiresAt: expiresAt.toISOString(),
    },
  });
}
