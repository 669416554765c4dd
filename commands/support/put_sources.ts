import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { JcsError, toJcsError } from "../../core/errors.ts";
import { localError, systemCode } from "../../core/local/local_error.ts";
import { walkTree } from "../../core/local/walk_tree.ts";
import type { Edge } from "../command.ts";
import type { Destination } from "./destination.ts";
import type { WorkItem } from "./run_objects.ts";
import { refuseSpacePath } from "./stored_text.ts";

/** One file, or stdin, that is to be stored. */
export interface PutJob<Target> {
  /** Absolute path, or `-`. */
  readonly file: string;
  readonly target: Target;
}

/** Everything that `put` is to store, in the order of the arguments; a directory is walked.
 *
 *  A source that cannot be read is a failure among the items. `onEmpty` is told of every directory with nothing in it. */
export async function* putSources<Target>(
  edge: Edge,
  options: {
    readonly sources: readonly string[];
    readonly destination: Destination<Target>;
    readonly onEmpty: () => void;
  },
): AsyncGenerator<WorkItem<PutJob<Target>>> {
  for (const source of options.sources) {
    if (source === "-") {
      if (options.destination.kind === "into") throw unnamedInput(options.destination);
      yield work({ file: "-", target: options.destination.object("") });
      continue;
    }
    const file = resolve(edge.directory, source);
    try {
      const found = await stat(file).catch((error: unknown) => {
        if (systemCode(error) === "ENOENT") refuseSpacePath(source);
        throw localError(error, { action: "read", file: source });
      });
      if (found.isDirectory()) yield* treeJobs(edge, { ...options, source, root: file });
      else {
        const job = { file, target: options.destination.object(basename(file)) };
        yield { kind: "work", name: file, item: job, bytes: found.size };
      }
    } catch (error) {
      if (!(error instanceof JcsError)) throw error;
      yield { kind: "failure", error };
    }
  }
}

async function* treeJobs<Target>(
  edge: Edge,
  tree: {
    readonly source: string;
    readonly root: string;
    readonly destination: Destination<Target>;
    readonly onEmpty: () => void;
  },
): AsyncGenerator<WorkItem<PutJob<Target>>> {
  const base = treeBase(tree.source);
  for await (const entry of walkTree(tree.root, { signal: edge.signal })) {
    if (entry.kind === "failure") yield { kind: "failure", error: toJcsError(entry.error) };
    else if (entry.kind === "empty") tree.onEmpty();
    else yield work({ file: entry.file, target: tree.destination.tree({ base, relative: entry.path }) });
  }
}

/** The name under which a directory goes into another: its last name; none for `.`, `..` and `dir/.`, which stand for the contents. */
function treeBase(source: string): string {
  return /(^|[/\\])\.\.?[/\\]*$/.test(source) ? "" : basename(source);
}

/** Throws `Usage` when two arguments would be stored under one name, or stdin is named twice or without a name for it. */
export function checkPutSources(
  sources: readonly string[],
  destination: Pick<Destination<unknown>, "kind" | "example">,
): void {
  if (sources.includes("-")) {
    if (destination.kind === "into") throw unnamedInput(destination);
    if (sources.length > 1) throw new JcsError("Usage", 'Cannot store "-" together with other sources');
  }
  const names = new Map<string, string>();
  for (const source of sources) {
    const name = treeBase(source);
    const other = names.get(name);
    if (name === "" && sources.length > 1)
      throw new JcsError(
        "Usage",
        `Cannot store the contents of ${JSON.stringify(source)} together with other sources: equal names would replace each other. Store it by itself`,
      );
    if (other !== undefined) {
      const both = `${JSON.stringify(other)} and ${JSON.stringify(source)}`;
      throw new JcsError(
        "Usage",
        `Cannot store ${both} in one place: both are called ${JSON.stringify(name)}`,
      );
    }
    names.set(name, source);
  }
}

function unnamedInput(destination: Pick<Destination<unknown>, "example">): JcsError {
  return new JcsError(
    "Usage",
    `Cannot store "-": standard input has no name; write ${destination.example} as the target`,
  );
}

function work<Target>(job: PutJob<Target>): WorkItem<PutJob<Target>> {
  return { kind: "work", name: job.file, item: job };
}
