import { formatByteSize } from "../../core/bytes/byte_size.ts";
import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectAddress } from "../../core/catalog/catalog.ts";
import type { Client, PutOutcome, PutRequest, PutSource } from "../../core/client.ts";
import { isKind, JcsError } from "../../core/errors.ts";
import { fileSource } from "../../core/local/file_source.ts";
import { streamSource } from "../../core/local/stream_source.ts";
import { formatScheme, parseScheme } from "../../core/redundancy/parse_scheme.ts";
import type { Edge, Progress } from "../command.ts";
import { parseDestination } from "./destination.ts";
import { addressJson, objectJson } from "./object_json.ts";
import { plural } from "./plural.ts";
import { checkPutSources, type PutJob, putSources } from "./put_sources.ts";
import { doneText, endRun, runObjects } from "./run_objects.ts";
import { showDetail } from "./show_detail.ts";
import { warnOnce } from "./warn_once.ts";
import { workaroundNotes } from "./workaround_notes.ts";

/** What the command line of `put` said. */
export interface PutArguments {
  readonly sources: readonly string[];
  readonly target: string;
  readonly options: {
    readonly redundancy?: string | undefined;
    readonly spaces?: readonly string[] | undefined;
    readonly affinity?: string | undefined;
    readonly ifAbsent?: true | undefined;
    readonly skipUnchanged?: true | undefined;
    readonly allowDegraded?: true | undefined;
    readonly metadata?: Readonly<Record<string, string>> | undefined;
    readonly dryRun?: true | undefined;
  };
}

type ObjectJob = PutJob<ObjectAddress>;

/** Stores everything that the arguments name. */
export async function runPut(edge: Edge, put: PutArguments): Promise<void> {
  const { sources, options } = put;
  const destination = parseDestination(put.target, { command: "put", several: sources.length > 1 });
  checkPutSources(sources, destination);
  const request = requestOptions(put.options);
  const client = await edge.client();
  const counts = { stored: 0, unchanged: 0, degraded: 0, bytes: 0, emptyDirectories: 0 };
  let last: PutOutcome | undefined;
  const warn = warnOnce(edge);
  const notes = workaroundNotes(edge);

  async function store(job: ObjectJob, progress: Progress): Promise<void> {
    const outcome = await client.put({
      ...request,
      address: job.target,
      source: await openSource(edge, job),
      signal: edge.signal,
      onEvent: (event) => {
        if (event.type === "progress") progress.bytes(event.bytes);
        notes.hear(event);
      },
    });
    last = outcome;
    counts[outcome.status]++;
    if (outcome.status !== "unchanged") counts.bytes += outcome.object.generation.size;
    showOutcome(edge, { job, outcome });
    for (const warning of outcome.warnings) warn(warning);
  }

  async function preview(job: ObjectJob): Promise<void> {
    const source = await openSource(edge, job);
    const action = await previewAction(client, { job, source, options });
    if (action === "skip") counts.unchanged++;
    else counts.stored++;
    counts.bytes += action === "skip" ? 0 : (source.size ?? 0);
    const size = source.size === undefined ? "size unknown" : formatByteSize(source.size);
    edge.output.result({
      text: `would ${action} ${JSON.stringify(formatAddress(job.target))} from ${JSON.stringify(job.file)} (${size})`,
      json: {
        type: "put",
        dryRun: true,
        action,
        source: job.file,
        ...addressJson(job.target),
        size: source.size,
      },
    });
    if (action === "refuse") throw alreadyThere(job);
  }

  const items = putSources(edge, { sources, destination, onEmpty: () => counts.emptyDirectories++ });
  const run = await runObjects(edge, { items, work: options.dryRun ? preview : store });
  if (counts.emptyDirectories > 0) {
    const what = plural(counts.emptyDirectories, "empty directory", "empty directories");
    edge.output.note(`${what} not stored: objects have no directories`);
  }
  notes.end();
  const stored = counts.stored + counts.degraded;
  const text = options.dryRun ? `Nothing was stored: --dry-run` : summaryText({ ...counts, stored, last });
  edge.output.summary({
    ...doneText(run, text),
    json: { ...counts, failed: run.failed, ...(options.dryRun ? { dryRun: true } : {}) },
  });
  endRun(run, "put");
}

function requestOptions(options: PutArguments["options"]): Omit<PutRequest, "address" | "source"> {
  const { redundancy, spaces, affinity, ifAbsent, skipUnchanged, allowDegraded, metadata } = options;
  return {
    ...(redundancy === undefined ? {} : { scheme: parseScheme(redundancy) }),
    ...(spaces === undefined ? {} : { spaces }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(ifAbsent ? { ifAbsent } : {}),
    ...(skipUnchanged ? { skipUnchanged } : {}),
    ...(allowDegraded ? { allowDegraded } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function openSource(edge: Edge, job: ObjectJob): Promise<PutSource> | PutSource {
  return job.file === "-" ? streamSource(edge.stdin, { signal: edge.signal }) : fileSource(job.file);
}

async function previewAction(
  client: Client,
  put: { readonly job: ObjectJob; readonly source: PutSource; readonly options: PutArguments["options"] },
): Promise<"store" | "replace" | "skip" | "refuse"> {
  try {
    const { generation } = await client.stat(put.job.target);
    if (put.options.ifAbsent) return "refuse";
    const unchanged =
      generation.size === put.source.size &&
      generation.modifiedAt !== undefined &&
      generation.modifiedAt.getTime() === put.source.modifiedAt?.getTime();
    return put.options.skipUnchanged && unchanged ? "skip" : "replace";
  } catch (error) {
    if (isKind(error, "NotFound")) return "store";
    throw error;
  }
}

function alreadyThere(job: ObjectJob): JcsError {
  const name = formatAddress(job.target);
  return new JcsError("AlreadyExists", `Cannot put ${JSON.stringify(name)}: it exists already`, {
    where: { object: name },
  });
}

function showOutcome(edge: Edge, put: { readonly job: ObjectJob; readonly outcome: PutOutcome }): void {
  const { status, object, missingBlocks, weakerThan } = put.outcome;
  const name = formatAddress(object.address);
  showDetail(edge, {
    text: `${status} ${JSON.stringify(name)} from ${JSON.stringify(put.job.file)}`,
    json: { type: "put", status, source: put.job.file, ...objectJson(object), missingBlocks },
  });
  if (status !== "degraded") return;
  const owed = weakerThan
    ? `as ${formatScheme(object.generation.redundancy)} in place of ${formatScheme(weakerThan)}, since too few spaces work. Put it again when they do`
    : `${plural(missingBlocks.length, "block")} owed (${missingBlocks.join(", ")})`;
  edge.output.failure(
    new JcsError("Degraded", `Stored ${JSON.stringify(name)} degraded: ${owed}`, { where: { object: name } }),
  );
}

function summaryText(counts: {
  readonly stored: number;
  readonly unchanged: number;
  readonly bytes: number;
  readonly last: PutOutcome | undefined;
}): string {
  const { stored, unchanged, bytes, last } = counts;
  const rest = unchanged > 0 ? `, ${unchanged} unchanged` : "";
  if (stored === 1 && unchanged === 0 && last !== undefined) {
    return `Stored ${formatAddress(last.object.address)} (${formatByteSize(bytes)})`;
  }
  return `Stored ${plural(stored, "object")} (${formatByteSize(bytes)})${rest}`;
}
