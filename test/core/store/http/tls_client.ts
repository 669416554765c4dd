import { isKind } from "../../../../core/errors.ts";
import { openStore } from "../../../../core/store/open_store.ts";

/** A program that reads one object of the store that its argument names, and says how that ended. */
const store = await openStore(process.argv[2] ?? "", { environment: {} });
try {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.read("a")) chunks.push(chunk);
  console.log(Buffer.concat(chunks).toString());
} catch (error) {
  console.log(
    isKind(error, "Unreachable") ? `Unreachable, retry ${error.retry}: ${error.message}` : String(error),
  );
}
await store.close();
process.exit(0);
