import { isGeneration, newGeneration } from "../block/generation.ts";
import { collect } from "../bytes/collect.ts";
import type { SpaceTestStep } from "../client.ts";
import { JcsError, withPlace } from "../errors.ts";
import { LEFTOVER_AGE_MS } from "../limits.ts";
import type { Store } from "../store/store.ts";
import { OWN_DIRECTORY } from "./own_directory.ts";

const TEST_DIRECTORY = `${OWN_DIRECTORY}/test`;
/** How long tidying up may take. */
const TIDY_MS = 10_000;

/** As many entries of a space that nothing can be written to are looked at for a file to read. */
const ENTRIES_MAX = 1000;

type Step = readonly [SpaceTestStep["step"], () => Promise<unknown>];

/** Writes, stats, reads, lists and removes a small object; yields each step with its time, and stops at the first that fails. What was
 *  written is removed in any case, with its directories when they are empty. Where nothing can be written, lists, and reads the start of a file. */
export async function* testSpace(
  name: string,
  store: Store,
  signal?: AbortSignal,
): AsyncGenerator<SpaceTestStep, void, undefined> {
  if (store.capabilities.readOnly === true) return yield* runSteps(name, readingSteps(store, signal));
  const id = newGeneration();
  const path = `${TEST_DIRECTORY}/${id}`;
  const bytes = new TextEncoder().encode(`jcs space test ${id}\n`);
  const options = signal ? { signal } : {};
  const steps: readonly Step[] = [
    ["write", () => store.write(path, bytes, { ...options, size: bytes.length })],
    ["stat", async () => same("size", (await store.stat(path, options)).size, bytes.length)],
    [
      "read",
      async () =>
        same(
          "content",
          text(await collect(await store.read(path, options), { bytesMax: 4096 })),
          text(bytes),
        ),
    ],
    ["list", async () => same("listing", await isListed(store, path, options), true)],
    ["remove", () => store.remove(path, options)],
  ];
  try {
    yield* runSteps(name, steps, path);
  } finally {
    await store.remove(path).catch(() => undefined);
    await tidy(store).catch(() => undefined);
  }
}

async function* runSteps(
  space: string,
  steps: readonly Step[],
  path?: string,
): AsyncGenerator<SpaceTestStep, void, undefined> {
  for (const [step, run] of steps) {
    const start = performance.now();
    let failure: JcsError | undefined;
    await run().catch((error: unknown) => {
      failure = withPlace(error, { operation: step, space, ...(path === undefined ? {} : { path }) });
    });
    yield { step, milliseconds: performance.now() - start, ...(failure ? { error: failure } : {}) };
    if (failure) return;
  }
}

/** What can be tried without writing; there may be no file to read. */
function readingSteps(store: Store, signal: AbortSignal | undefined): readonly Step[] {
  const options = signal ? { signal } : {};
  let file: string | undefined;
  const list = async () => {
    let entries = 0;
    for await (const { path, kind } of store.list("", options)) {
      if (kind === "file") file = path;
      if (file !== undefined || ++entries >= ENTRIES_MAX) return;
    }
  };
  const read = async () => {
    if (file === undefined) return;
    for await (const _ of await store.read(file, options)) return;
  };
  return [
    ["list", list],
    ["read", read],
  ];
}

/** Removes what killed tests left, and the directories when nothing is in them any more. */
async function tidy(store: Store): Promise<void> {
  const signal = AbortSignal.timeout(TIDY_MS);
  await removeLeftovers(store, signal);
  if (!store.capabilities.directories) return;
  for (const directory of [TEST_DIRECTORY, OWN_DIRECTORY]) {
    for await (const _ of store.list(directory, { delimited: true, signal })) return;
    // Should it hold something that lists do not show, the service keeps it.
    await store.remove(directory, { signal });
  }
}

/** Removes what tests left that were killed: the name of each begins with the time of its making. */
async function removeLeftovers(store: Store, signal: AbortSignal): Promise<void> {
  for await (const { path } of store.list(TEST_DIRECTORY, { delimited: true, signal })) {
    const name = path.slice(TEST_DIRECTORY.length + 1);
    if (!isGeneration(name) || Number.parseInt(name.slice(0, 12), 16) > Date.now() - LEFTOVER_AGE_MS)
      continue;
    await store.remove(path, { signal });
  }
}

async function isListed(
  store: Store,
  path: string,
  options: { readonly signal?: AbortSignal },
): Promise<boolean> {
  for await (const found of store.list(TEST_DIRECTORY, options)) if (found.path === path) return true;
  return false;
}

function same(what: string, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new JcsError(
      "Corrupt",
      `Cannot trust the space: the ${what} of a test object is not what was written`,
    );
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
