import type { Command } from "./command.ts";

/** A command that is loaded only when it is run, or when help is asked for. */
export interface CommandEntry {
  /** The first word, as typed: the name of the command in the file. */
  readonly name: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}

/** Every command, in the order of the help. A new one is a file and a line here. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: "init", load: () => import("./init.ts") },
  { name: "space", load: () => import("./space.ts") },
  { name: "bucket", load: () => import("./bucket.ts") },
  { name: "package", load: () => import("./package.ts") },
  { name: "put", load: () => import("./put.ts") },
  { name: "get", load: () => import("./get.ts") },
  { name: "cat", load: () => import("./cat.ts") },
  { name: "ls", load: () => import("./ls.ts") },
  { name: "stat", load: () => import("./stat.ts") },
  { name: "rm", load: () => import("./rm.ts") },
  { name: "cp", load: () => import("./cp.ts") },
  { name: "mv", load: () => import("./mv.ts") },
  { name: "tee", load: () => import("./tee.ts") },
  { name: "fetch", load: () => import("./fetch.ts") },
  { name: "sign", load: () => import("./sign.ts") },
  { name: "redundancy", load: () => import("./redundancy.ts") },
  { name: "plan", load: () => import("./plan.ts") },
  { name: "bench", load: () => import("./bench.ts") },
  { name: "completion", load: () => import("./completion.ts") },
  { name: "version", load: () => import("./version.ts") },
];
