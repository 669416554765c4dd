import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { formatByteSize } from "../../core/bytes/byte_size.ts";
import { toTenths } from "../../core/bytes/duration.ts";
import { validateName } from "../../core/catalog/names.ts";
import type { Client, SpaceView } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { localError } from "../../core/local/local_error.ts";
import { streamSource } from "../../core/local/stream_source.ts";
import { printable } from "../../core/printable.ts";
import type { Edge } from "../command.ts";
import { capabilityLines } from "./capability_lines.ts";
import { nativeOf } from "./native/native_of.ts";
import { endRun } from "./run_objects.ts";
import { findingLine } from "./run_space_probe.ts";

/** Longest connection string that is read from a file or stdin. */
const CONNECTION_BYTES_MAX = 64 * 1024;

/** What the command line of `space add` said. */
export interface AddSpaceArguments {
  readonly name: string;
  readonly connection: string;
  readonly location?: string | undefined;
  readonly account?: string | undefined;
  readonly capacity?: number | undefined;
  readonly cost?: Readonly<Record<string, string>> | undefined;
}

/** Records a new space. */
export async function addSpace(edge: Edge, space: AddSpaceArguments): Promise<void> {
  const { name, location, account, capacity, cost } = space;
  validateName("space", name);
  const figures = cost === undefined ? undefined : parseCost(cost);
  const connection = await readConnection(edge, space.connection);
  const client = await edge.client();
  await client.spaces.add({
    name,
    connection,
    ...(location === undefined ? {} : { location }),
    ...(account === undefined ? {} : { account }),
    ...(capacity === undefined ? {} : { capacityBytes: capacity }),
    ...(figures === undefined ? {} : { cost: figures }),
  });
  edge.output.summary({ text: `Added space ${JSON.stringify(name)}`, json: { space: name } });
}

/** Shows all spaces in a table; people find the options of a connection in `space show`. */
export async function listSpaces(edge: Edge): Promise<void> {
  const client = await edge.client();
  const spaces = await client.spaces.list();
  const optional = (value: unknown) => (value === undefined ? "-" : String(value));
  const size = (value: unknown) => (typeof value === "number" ? formatByteSize(value) : "-");
  edge.output.table({
    columns: [
      { key: "name", title: "SPACE" },
      { key: "location", title: "LOCATION", format: optional },
      { key: "account", title: "ACCOUNT", format: optional },
      { key: "blocks", title: "BLOCKS", align: "right" },
      { key: "bytes", title: "BYTES", align: "right", format: size },
      { key: "capacityBytes", title: "CAPACITY", align: "right", format: size },
      { key: "connection", title: "CONNECTION", format: withoutOptions, cut: true },
    ],
    rows: spaces.map((space) => ({ type: "space", ...space })),
  });
  if (spaces.length === 0) edge.output.note('There are no spaces yet: add one with "jcs space add"');
  edge.output.summary({ json: { spaces: spaces.length } });
}

function withoutOptions(connection: unknown): string {
  return String(connection).replace(/\?.*/s, "");
}

/** Shows all that is recorded about one space; with `capabilities` opens it, too, and shows what it can do. */
export async function showSpace(
  edge: Edge,
  options: { readonly name: string; readonly capabilities?: true | undefined },
): Promise<void> {
  const { name } = options;
  validateName("space", name);
  const client = await edge.client();
  const space = await client.spaces.show(name);
  const about = options.capabilities ? await nativeOf(client).about(name) : undefined;
  const capabilities = about && { native: about.native, effective: about.capabilities };
  edge.output.result({
    text: [describe(space), ...(capabilities ? ["", ...capabilityLines(capabilities)] : [])].join("\n"),
    json: { type: "space", ...space, ...(capabilities ? { capabilities } : {}) },
  });
  edge.output.summary({ json: { spaces: 1 } });
}

/** Forgets one space. */
export async function removeSpace(
  edge: Edge,
  options: { readonly name: string; readonly force?: true | undefined },
): Promise<void> {
  validateName("space", options.name);
  const client = await edge.client();
  await client.spaces.remove(options.name, options.force ? { force: true } : {});
  edge.output.summary({
    text: `Removed space ${JSON.stringify(options.name)}`,
    json: { space: options.name },
  });
}

/** Tries spaces out, one after the other; one that fails does not keep the others from their turn. */
export async function testSpaces(edge: Edge, names: readonly string[]): Promise<void> {
  for (const name of names) validateName("space", name);
  const client = await edge.client();
  const all = names.length > 0 ? names : (await client.spaces.list()).map(({ name }) => name);
  if (all.length === 0)
    throw new JcsError("NotFound", 'Cannot test spaces: there are none. Add one with "jcs space add"');
  let failed = 0;
  for (const name of all) {
    try {
      await testSpace(edge, { client, name });
    } catch (error) {
      if (!(error instanceof JcsError) || error.kind === "Cancelled") throw error;
      failed++;
      edge.output.failure(error);
    }
  }
  edge.output.summary({
    ...(failed === 0 ? { text: "All steps succeeded" } : {}),
    json: { spaces: all.length, failed },
  });
  endRun({ total: all.length, failed }, "test", "spaces");
}

async function testSpace(
  edge: Edge,
  space: { readonly client: Client; readonly name: string },
): Promise<void> {
  const { client, name } = space;
  for await (const { step, milliseconds, error } of client.spaces.test(name, { signal: edge.signal })) {
    edge.output.result({
      text: `${name}  ${step.padEnd(6)}  ${error === undefined ? `${Math.round(milliseconds)} ms` : "failed"}`,
      json: {
        type: "test",
        space: name,
        step,
        milliseconds: toTenths(milliseconds),
        ...(error === undefined ? {} : { error: { kind: error.kind, message: error.message } }),
      },
    });
    if (error !== undefined) throw error;
  }
}

/** The connection string itself, or the one in stdin (`-`) or a file (`@FILE`). It never appears in an error. */
async function readConnection(edge: Edge, text: string): Promise<string> {
  if (text === "-") return oneLine(await readInput(edge), "standard input");
  if (!text.startsWith("@")) return text;
  const file = resolve(edge.directory, text.slice(1));
  const content = await readFile(file, "utf8").catch((error: unknown) => {
    throw localError(error, { action: "read", file });
  });
  return oneLine(content, JSON.stringify(file));
}

async function readInput(edge: Edge): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of streamSource(edge.stdin, { signal: edge.signal }).open()) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > CONNECTION_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function oneLine(content: string, place: string): string {
  const text = content.trim();
  const hint = "it must hold one connection string and nothing else";
  if (text === "" || /[\r\n]/.test(text) || content.length > CONNECTION_BYTES_MAX) {
    throw new JcsError("Usage", `Cannot read a connection string from ${place}: ${hint}`);
  }
  return text;
}

function parseCost(cost: Readonly<Record<string, string>>): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const [key, text] of Object.entries(cost)) {
    const figure = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(figure)) {
      throw new JcsError(
        "Usage",
        `Cannot read ${JSON.stringify(`${key}=${text}`)} as a cost: write a number`,
      );
    }
    figures[key] = figure;
  }
  return figures;
}

function describe(space: SpaceView): string {
  const cost = Object.entries(space.cost ?? {}).map(([key, figure]) => `${key}=${figure}`);
  const lines: (readonly [string, string | undefined])[] = [
    ["Space", space.name],
    ["Service", space.service],
    ["Connection", space.connection],
    ["Location", space.location],
    ["Account", space.account],
    ["Capacity", space.capacityBytes === undefined ? undefined : formatByteSize(space.capacityBytes)],
    ["Cost", cost.length === 0 ? undefined : cost.join(", ")],
    ["Blocks", String(space.blocks)],
    ["Bytes", String(space.bytes)],
    ["Probed", space.probe?.probedAt.toISOString()],
    [
      "Not used",
      space.probeIgnored && `the probe, since ${space.probeIgnored}: run "jcs space probe ${space.name}"`,
    ],
    ["Temporary", space.temporary ? "yes, from the environment" : undefined],
  ];
  const shown = lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${`${name}:`.padEnd(12)}${printable(value ?? "")}`);
  const findings = (space.probe?.findings ?? []).map((finding) => `  ${printable(findingLine(finding))}`);
  return [...shown, ...findings].join("\n");
}
