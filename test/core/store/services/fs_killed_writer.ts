import { openStore } from "../../../../core/store/open_store.ts";

/** A process of its own for a test to kill: begins to write the object at `path` of the store, says so, and never ends. */
const [connection = "", path = ""] = process.argv.slice(2);
const store = await openStore(connection, { environment: {} });
async function* endless() {
  yield new Uint8Array(3 * 1024 * 1024).fill(1);
  yield new Uint8Array(1024 * 1024).fill(1);
  process.stdout.write("writing\n");
  // A timer keeps the process alive; a promise alone would not.
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}
await store.write(path, endless());
