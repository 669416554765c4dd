import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { checkBoundaries } from "./core/coding/check_boundaries.ts";
import { checkCoder } from "./core/coding/check_coder.ts";

/** Starts the workers that are named, by their files' names, and says when each has answered; then compares kernels with the reference and lets workers code. */
for (const name of process.argv.slice(2)) {
  const worker = new Worker(new URL(`./${name}`, import.meta.url));
  await once(worker, "message");
  console.log(`${name} answered`);
  await worker.terminate();
}
checkBoundaries();
console.log("kernels agree");
await checkCoder(2);
console.log("workers code");
process.exit(0);
