import { createHash, randomBytes } from "node:crypto";
import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson } from "../../http/http_json.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { partsOfBytes, partsOfStream } from "../../upload/part_source.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type GcsContext, type Place, placeOf, request } from "./gcs_context.ts";
import { abandonSession, beginSession, sendPart } from "./gcs_session.ts";
import { FIELDS, metaOf } from "./gcs_stat.ts";

/** Writes an object: in one request with its checksum when it is no longer than a part, a larger one part by part in a session.
 *
 *  Memory: two parts. What fails leaves a session, which is ended, and which the service forgets within a week otherwise. A part whose request fails is sent
 *  again from where the service says that it has arrived. */
export async function writeObject(
  context: GcsContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  return await writeTo(context, placeOf(context, { operation: "write", path: at }), {
    ...write,
    operation: "write",
  });
}

/** As {@link writeObject}, to any name. */
export async function writeTo(
  context: GcsContext,
  place: Place,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream; readonly operation: string },
): Promise<ObjectMeta> {
  const { body, operation, ...options } = write;
  const isBytes = body instanceof Uint8Array;
  const size = options.size ?? (isBytes ? body.length : undefined);
  const call = { operation, path: place.path, signal: options.signal };
  if (isBytes && size !== body.length) {
    const state = `the body has ${body.length} bytes and not ${size}`;
    throw storeError(context.info, { kind: "ConditionFailed", operation, path: place.path, state });
  }
  const taken = takeBody(body, { info: context.info, ...call, size });
  const source = isBytes ? partsOfBytes(body) : partsOfStream(taken);
  const partBytes = context.options.part_size;
  try {
    const first = (await source.next(partBytes)) ?? new Uint8Array(0);
    let next = await source.next(partBytes);
    if (next === undefined) {
      // The answer to one with ifAbsent may have been lost: a second try would find its own object in the way.
      const attempts = isBytes || options.ifAbsent === true ? 1 : ATTEMPTS_MAX;
      return await retryHeld({ attempts, signal: call.signal }, () =>
        putObject(context, place, { ...options, call, bytes: first }),
      );
    }
    const session = await beginSession(context, call, {
      name: place.name,
      resource: resourceOf(context, options),
      options,
    });
    try {
      let part: Uint8Array = first;
      for (let start = 0; ; ) {
        const end = start + part.length;
        const total = next === undefined ? end : undefined;
        const answer = await sendPart(context, call, { session, start, bytes: part, total });
        if (next === undefined) {
          if (answer === undefined) throw unfinished(context, call);
          return metaOf(place.path, await answerJson(context.info, call, { answer }));
        }
        source.recycle(part);
        start = end;
        part = next;
        next = await source.next(partBytes);
      }
    } catch (error) {
      await abandonSession(context, call, session);
      throw error;
    }
  } catch (error) {
    throw options.ifAbsent === true ? inTheWay(context, call, error) : error;
  } finally {
    taken.end();
  }
}

/** A new name beside an object for something that will become a part of it. */
export function temporaryPlace(place: Place): Place {
  const folder = place.name.slice(0, place.name.lastIndexOf("/") + 1);
  return { path: place.path, name: `${folder}.jcs-${randomBytes(10).toString("hex")}.tmp` };
}

/** What a new object says of itself. */
export function resourceOf(
  context: GcsContext,
  options: Pick<WriteOptions, "contentType" | "metadata" | "storageClass">,
): Readonly<Record<string, unknown>> {
  const { contentType, metadata, storageClass = context.options.storage_class } = options;
  return {
    contentType: contentType ?? "application/octet-stream",
    ...(metadata === undefined ? {} : { metadata }),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}

async function putObject(
  context: GcsContext,
  place: Place,
  write: WriteOptions & { readonly call: HttpCall; readonly bytes: Uint8Array },
): Promise<ObjectMeta> {
  const { bytes, call } = write;
  const boundary = `jcs-${randomBytes(16).toString("hex")}`;
  const md5Hash = createHash("md5").update(bytes).digest("base64");
  const resource = { ...resourceOf(context, write), name: place.name, md5Hash };
  const head = `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const answer: HttpAnswer = await request(context, call, {
    method: "POST",
    path: `/upload/storage/v1/b/${encodeURIComponent(context.info.name)}/o`,
    query: {
      uploadType: "multipart",
      fields: FIELDS,
      kmsKeyName: context.options.kms_key_name,
      ifGenerationMatch: write.ifAbsent === true ? "0" : undefined,
    },
    headers: { "content-type": `multipart/related; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  });
  return metaOf(place.path, await answerJson(context.info, call, { answer }));
}

function inTheWay(context: GcsContext, call: HttpCall, error: unknown): unknown {
  if (!isKind(error, "ConditionFailed") || !/expected$/.test(error.message)) return error;
  const { signal: _, ...place } = call;
  return storeError(context.info, { ...place, kind: "AlreadyExists", state: "there is an object already" });
}

function unfinished(context: GcsContext, call: HttpCall): Error {
  const { signal: _, ...place } = call;
  return storeError(context.info, {
    ...place,
    kind: "Unexpected",
    state: "the service has all bytes and made no object",
  });
}
