import { isGeneration, newGeneration } from "../block/generation.ts";
import { collect } from "../bytes/collect.ts";
import type { SpaceTestStep } from "../client.ts";
import { JcsError, withPlace } from "../errors.ts";
import { LEFTOVER_AGE_MS } from "../limits.ts";
import type { Store } from "../store/store.ts";

/** How long tidying up may take. */
const TIDY_MS = 10_000;

/** Writes, stats, reads, lists and removes a small object; yields each step with its time, and stops at the first that fails. What was
 *  written is removed in any case. */
export async function* testSpace(
  name: string,
  store: Store,
  signal?: AbortSignal,
): AsyncGenerator<SpaceTestStep, void, undefined> {
  const id = newGeneration();
  const directory = "jcs/test";
  const path = `${directory}/${id}`;
  const bytes = new TextEncoder().encode(`jcs space test ${id}\n`);
  const options = signal ? { signal } : {};
  const steps: readonly [SpaceTestStep["step"], () => Promise<unknown>][] = [
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
    ["list", async () => same("listing", await isListed(store, directory, path, options), true)],
    ["remove", () => store.remove(path, options)],
  ];
  try {
    for (const [step, run] of steps) {
      const start = performance.now();
      let failure: JcsError | undefined;
      await run().catch((error: unknown) => {
        failure = withPlace(error, { operation: step, space: name, path });
      });
      yield { step, milliseconds: performance.now() - start, ...(failure ? { error: failure } : {}) };
      if (failure) return;
    }
  } finally {
    await store.remove(path).catch(() => undefined);
    await removeLeftovers(store, directory).catch(() => undefined);
  }
}

/** Removes what tests left that were killed: the name of each begins with the time of its making. */
async function removeLeftovers(store: Store, directory: string): Promise<void> {
  const signal = AbortSignal.timeout(TIDY_MS);
  for await (const { path } of store.list(directory, { delimited: true, signal })) {
    const name = path.slice(directory.length + 1);
    if (!isGeneration(name) || Number.parseInt(name.slice(0, 12), 16) > Date.now() - LEFTOVER_AGE_MS)
      continue;
    await store.remove(path, { signal });
  }
}

async function isListed(
  store: Store,
  directory: string,
  path: string,
  options: { readonly signal?: AbortSignal },
): Promise<boolean> {
  for await (const found of store.list(directory, options)) if (found.path === path) return true;
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
