/** Where a worker's file is: from source beside the code, in the compiled program among the embedded files.
 *
 *  `file` is its path from the top of the project, for example `core/bytes/sha256_worker.ts`. The program must be compiled with every
 *  worker as a further entry point, named by that same path, and with the top of the project as root:
 *  `bun build --compile --minify --bytecode --format=esm --root . cli/main.ts ./core/bytes/sha256_worker.ts`. There all modules of the
 *  program have the URL of the program itself, directly in the embedded root, and a worker keeps its path below that root. */
export function workerUrl(file: string): URL {
  const fromSource = import.meta.url.endsWith("/core/bytes/worker_url.ts");
  return new URL(`${fromSource ? "../../" : "./"}${file}`, import.meta.url);
}
