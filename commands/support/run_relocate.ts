import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectAddress } from "../../core/catalog/catalog.ts";
import type { Client } from "../../core/client.ts";
import { isKind, JcsError } from "../../core/errors.ts";
import type { Edge } from "../command.ts";
import { type Destination, parseDestination } from "./destination.ts";
import { lastName, takes } from "./list_selection.ts";
import { addressJson } from "./object_json.ts";
import { plural } from "./plural.ts";
import { refuseSameNames } from "./refuse_same_names.ts";
import { doneText, endRun, runObjects } from "./run_objects.ts";
import type { Selection } from "./select_stored.ts";
import { showDetail } from "./show_detail.ts";
import { type StoredItem, storedItems } from "./stored_items.ts";
import { storedText } from "./stored_text.ts";

/** What the command line of `cp` or `mv` said. */
export interface RelocateArguments {
  readonly command: "cp" | "mv";
  readonly sources: readonly string[];
  readonly target: string;
  readonly recursive?: true | undefined;
  readonly ifAbsent?: true | undefined;
}

/** Copies or moves inside jcs what the arguments name. */
export async function runRelocate(edge: Edge, relocate: RelocateArguments): Promise<void> {
  const { command, sources } = relocate;
  const several = sources.length > 1;
  const destination = parseDestination(relocate.target, { command, several });
  refuseSameNames(sources, { command, pathOf: (source) => storedText(source, command) });
  const startedAt = new Date();
  const client = await edge.client();
  let done = 0;
  const run = await runObjects<StoredItem>(edge, {
    items: storedItems(client, {
      sources,
      command,
      recursive: relocate.recursive,
      check: (selection, source) => {
        const isTree = selection.kind === "tree";
        if (isTree && command === "cp" && !relocate.recursive) {
          throw new JcsError(
            "Usage",
            `Cannot cp ${JSON.stringify(source)}: it is not one object. Use -r to copy all below it`,
          );
        }
        if (isTree) refuseIntoItself(selection, destination);
      },
    }),
    work: async (item) => {
      const source = item.object.address;
      const target = targetOf(item, destination);
      refuseSelf(source, { target, selection: item.selection, relocate });
      const relocateOne = (replace: boolean) =>
        command === "cp"
          ? client.copy(source, target, { replace })
          : client.move(source, target, { replace });
      if (several && !relocate.ifAbsent) await replaceOlder(client, { target, startedAt, relocateOne });
      else await relocateOne(!relocate.ifAbsent);
      done++;
      showDetail(edge, {
        text: `${command === "cp" ? "copied" : "moved"} ${JSON.stringify(formatAddress(source))} to ${JSON.stringify(formatAddress(target))}`,
        json: { type: command, source: addressJson(source), ...addressJson(target) },
      });
    },
  });
  edge.output.summary({
    ...doneText(run, `${command === "cp" ? "Copied" : "Moved"} ${plural(done, "object")}`),
    json: { [command === "cp" ? "copied" : "moved"]: done, failed: run.failed },
  });
  endRun(run, command === "cp" ? "copy" : "move");
}

/** Replaces what is at the target, but not what came there since the command began: several sources may give the same name, and none of
 *  them must be lost. */
async function replaceOlder(
  client: Client,
  options: {
    readonly target: ObjectAddress;
    readonly startedAt: Date;
    readonly relocateOne: (replace: boolean) => Promise<void>;
  },
): Promise<void> {
  const { target, startedAt, relocateOne } = options;
  try {
    await relocateOne(false);
  } catch (error) {
    if (!isKind(error, "AlreadyExists")) throw error;
    const there = await client.stat(target).catch((missing: unknown) => {
      if (!isKind(missing, "NotFound")) throw missing;
      return undefined;
    });
    if (there !== undefined && there.updatedAt >= startedAt) throw error;
    await relocateOne(true);
  }
}

function targetOf(item: StoredItem, destination: Destination<ObjectAddress>): ObjectAddress {
  switch (item.selection.kind) {
    case "tree":
      return destination.tree({ base: item.selection.base, relative: item.relative });
    case "glob":
      // With an exact destination, too, several may match: it is the directory they go into.
      return destination.tree({ base: "", relative: item.relative });
    default:
      return destination.object(lastName(item.object.address.path));
  }
}

/** Throws `Usage` when a tree would go below itself: its own copies would be listed again. */
function refuseIntoItself(
  tree: Selection & { readonly kind: "tree" },
  destination: Destination<ObjectAddress>,
): void {
  const target = destination.tree({ base: tree.base, relative: "" });
  const sameOwner = target.bucket === tree.package.bucket && target.package === tree.package.package;
  if (!sameOwner || !target.path.startsWith(tree.prefix)) return;
  const name = `${formatAddress(tree.package)}/${tree.prefix}`;
  throw new JcsError(
    "Usage",
    `Cannot put ${JSON.stringify(name)} below itself: ${JSON.stringify(formatAddress(target))}`,
  );
}

function refuseSelf(
  source: ObjectAddress,
  options: {
    readonly target: ObjectAddress;
    readonly selection: Selection;
    readonly relocate: RelocateArguments;
  },
): void {
  const { target, selection, relocate } = options;
  const { command, recursive } = relocate;
  if (target.bucket !== source.bucket || target.package !== source.package) return;
  const name = JSON.stringify(formatAddress(source));
  if (target.path === source.path) {
    throw new JcsError("Usage", `Cannot ${command} ${name}: source and target are the same object`);
  }
  if (selection.kind === "glob" && takes(selection.glob, { path: target.path, recursive })) {
    const why = `${JSON.stringify(formatAddress(target))} matches the pattern itself. Choose another target`;
    throw new JcsError("Usage", `Cannot ${command} ${name}: ${why}`);
  }
}
