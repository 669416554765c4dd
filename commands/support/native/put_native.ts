import { formatByteSize } from "../../../core/bytes/byte_size.ts";
import { collect } from "../../../core/bytes/collect.ts";
import type { PutSource } from "../../../core/client.ts";
import { JcsError } from "../../../core/errors.ts";
import { STREAM_CHUNK_BYTES } from "../../../core/limits.ts";
import { fileSource } from "../../../core/local/file_source.ts";
import { streamSource } from "../../../core/local/stream_source.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import { repeatTransfer } from "../../../core/objects/repeat_transfer.ts";
import type { ObjectMeta, WriteOptions } from "../../../core/store/store.ts";
import type { Edge, Progress } from "../../command.ts";
import { formatNative } from "../native_address.ts";
import { plural } from "../plural.ts";
import { checkPutSources, type PutJob, putSources } from "../put_sources.ts";
import { doneText, endRun, runObjects } from "../run_objects.ts";
import { showDetail } from "../show_detail.ts";
import { isUnchanged } from "./is_unchanged.ts";
import { createNameClaims } from "./name_claims.ts";
import { nativeDestination } from "./native_destination.ts";
import { nativeJson } from "./native_json.ts";
import { nativeOf } from "./native_of.ts";
import { type NativeWriteOptions, nativeWriteOptions } from "./native_write_options.ts";
import { createTargetIndex } from "./target_index.ts";

/** What the command line of `put` said. */
export interface PutNativeArguments {
  readonly sources: readonly string[];
  readonly target: NativeAddress;
  readonly options: NativeWriteOptions & {
    readonly skipUnchanged?: true | undefined;
    readonly dryRun?: true | undefined;
  };
}

type NativeJob = PutJob<NativeAddress>;

/** Writes local files and directories, or stdin, to a space. */
export async function putNative(edge: Edge, put: PutNativeArguments): Promise<void> {
  const { sources, options } = put;
  const destination = nativeDestination(put.target, { several: sources.length > 1 });
  checkPutSources(sources, destination);
  const native = nativeOf(await edge.client());
  // Before the first file: what is wrong with the space is told once, and not for each of them.
  await native.about(put.target.space);
  const index = createTargetIndex(native, put.target.space, { signal: edge.signal });
  const claims = createNameClaims(native, { several: false });
  const counts = { stored: 0, unchanged: 0, bytes: 0, emptyDirectories: 0 };

  /** The names of local files may hold backslashes, which count as slashes on a space: two files would become one. */
  function refuseBackslash({ file, target }: NativeJob): void {
    if (!target.path.slice(put.target.path.length).includes("\\")) return;
    const why =
      "its name holds a backslash, which means / on a space. Rename it, or give it a name as the target";
    throw new JcsError("Usage", `Cannot put ${JSON.stringify(file)}: ${why}`, { where: { path: file } });
  }

  async function store(job: NativeJob, progress: Progress): Promise<void> {
    refuseBackslash(job);
    await claims.claim(job.target);
    const source = await openSource(edge, job);
    const there = options.skipUnchanged ? await index.find(job.target.path) : undefined;
    if (there !== undefined && isUnchanged(source, there)) {
      counts.unchanged++;
      return show(job, { status: "unchanged", meta: there });
    }
    const written = await writeSource(native, {
      job,
      source,
      write: nativeWriteOptions(edge, options),
      progress,
    });
    counts.stored++;
    counts.bytes += written.bytes;
    show(job, { status: "stored", meta: { size: written.bytes, ...written.meta } });
  }

  function show(job: NativeJob, outcome: { readonly status: string; readonly meta: ObjectMeta }): void {
    const { status, meta } = outcome;
    showDetail(edge, {
      text: `${status} ${JSON.stringify(formatNative(job.target))} from ${JSON.stringify(job.file)}`,
      json: { ...nativeJson(job.target.space, meta), type: "put", status, source: job.file },
    });
  }

  async function preview(job: NativeJob): Promise<void> {
    refuseBackslash(job);
    const source = await openSource(edge, job);
    const there = await index.find(job.target.path);
    const action = actionOf(there, { source, options });
    if (action === "skip") counts.unchanged++;
    else counts.stored++;
    counts.bytes += action === "skip" ? 0 : (source.size ?? 0);
    const size = source.size === undefined ? "size unknown" : formatByteSize(source.size);
    const name = JSON.stringify(formatNative(job.target));
    edge.output.result({
      text: `would ${action} ${name} from ${JSON.stringify(job.file)} (${size})`,
      json: { type: "put", dryRun: true, action, source: job.file, ...job.target, size: source.size },
    });
    if (action === "refuse")
      throw new JcsError("AlreadyExists", `Cannot put ${name}: it exists already`, { where: job.target });
  }

  const items = putSources(edge, { sources, destination, onEmpty: () => counts.emptyDirectories++ });
  const run = await runObjects(edge, { items, work: options.dryRun ? preview : store });
  if (counts.emptyDirectories > 0)
    edge.output.note(`${plural(counts.emptyDirectories, "empty directory", "empty directories")} not stored`);
  const unchanged = counts.unchanged > 0 ? `, ${counts.unchanged} unchanged` : "";
  const done = `Stored ${plural(counts.stored, "file")} (${formatByteSize(counts.bytes)})${unchanged}`;
  const text = options.dryRun ? "Nothing was stored: --dry-run" : done;
  edge.output.summary({
    ...doneText(run, text),
    json: { ...counts, failed: run.failed, ...(options.dryRun ? { dryRun: true } : {}) },
  });
  endRun(run, "put", "files");
}

function openSource(edge: Edge, job: NativeJob): Promise<PutSource> | PutSource {
  return job.file === "-" ? streamSource(edge.stdin, { signal: edge.signal }) : fileSource(job.file);
}

/** Writes one source. What is small is read before, so that the layers below can send it again; a large file is read anew for that. */
async function writeSource(
  native: NativeClient,
  options: {
    readonly job: NativeJob;
    readonly source: PutSource;
    readonly write: WriteOptions;
    readonly progress: Progress;
  },
): Promise<{ readonly meta: ObjectMeta; readonly bytes: number }> {
  const { job, source, progress } = options;
  const { size } = source;
  const write = { ...options.write, ...(size === undefined ? {} : { size }) };
  if (size !== undefined && size <= STREAM_CHUNK_BYTES) {
    const body = await collect(source.open(), { bytesMax: STREAM_CHUNK_BYTES });
    const meta = await native.write(job.target, body, write);
    progress.bytes(size);
    return { meta, bytes: size };
  }
  let bytes = 0;
  const once = !source.reopenable || write.ifAbsent === true;
  const onBytes = (count: number) => {
    bytes += count;
    progress.bytes(count);
  };
  const meta = await repeatTransfer((counted) => native.write(job.target, counted(source.open()), write), {
    ...write,
    once,
    onBytes,
  });
  return { meta, bytes };
}

function actionOf(
  there: ObjectMeta | undefined,
  put: { readonly source: PutSource; readonly options: PutNativeArguments["options"] },
): "store" | "replace" | "skip" | "refuse" {
  if (there === undefined) return "store";
  if (put.options.ifAbsent) return "refuse";
  return put.options.skipUnchanged && isUnchanged(put.source, there) ? "skip" : "replace";
}
