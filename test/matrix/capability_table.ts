import type { Capabilities } from "../../core/store/store.ts";
import type { SuiteRun } from "../suites/record_matrix.ts";
import { type Ability, CAPABILITY_CASES } from "./capability_cases.ts";

/** What the table says of one service and one capability. */
export type Cell = "yes" | "virtual" | "claimed" | "**fails**" | "-";

/** What is known besides the runs. */
export interface TableOptions {
  /** The services that there are, in the order of their columns. */
  readonly services: readonly string[];
  /** Version of a server of servers.json. */
  readonly versionOf: (server: string) => string;
}

/** The table of capabilities in Markdown: a row per capability, a column per service. The same runs, in any order, give the same text.
 *
 *  `yes`: declared, and its cases passed; `claimed`: declared, and no case exercised it; `fails`: declared, and a case failed;
 *  `virtual`: only with an option `virtual_…`, and its cases passed. Of several runs
 *  of one service the one that can do more counts, a failure always. Services without a run are named below the table. Throws for a case that the suite does not have. */
export function capabilityTable(runs: readonly SuiteRun[], options: TableOptions): string {
  const services = options.services.filter((service) => runs.some((run) => run.service === service));
  const abilities = Object.keys(CAPABILITY_CASES) as Ability[];
  const unseen = options.services.filter((service) => !services.includes(service));
  const known = runs.flatMap(({ passed, failed }) => [...passed, ...failed]);
  for (const { cases } of Object.values(CAPABILITY_CASES)) {
    for (const text of cases) {
      if (!known.some((name) => name.includes(text)))
        throw new Error(`Cannot find case ${JSON.stringify(text)} in the suite`);
    }
  }
  const of = (service: string) => runs.filter((run) => run.service === service);
  const serversOf = (service: string) => {
    const names = new Set(of(service).map(({ server }) => server ?? ""));
    const shown = [...names].map((name) =>
      name === "" ? "in this process" : `${name} ${options.versionOf(name)}`.trim(),
    );
    return shown.toSorted().join(", ");
  };
  const row = (first: string, cells: readonly string[]) => `| ${[first, ...cells].join(" | ")} |`;
  return [
    row("", services),
    row(
      "---",
      services.map(() => "---"),
    ),
    row("verified on", services.map(serversOf)),
    row(
      "cases passed",
      services.map((service) => casesOf(of(service))),
    ),
    ...abilities.map((ability) =>
      row(
        CAPABILITY_CASES[ability].title,
        services.map((service) => cellOf(of(service), ability)),
      ),
    ),
    ...(unseen.length === 0 ? [] : ["", `Without a run of the suite: ${unseen.join(", ")}.`]),
    "",
  ].join("\n");
}

function casesOf(runs: readonly SuiteRun[]): string {
  const failed = new Set(runs.flatMap((run) => run.failed));
  const all = new Set(runs.flatMap((run) => [...run.passed, ...run.failed]));
  return failed.size === 0 ? String(all.size) : `${all.size - failed.size} of ${all.size}`;
}

function cellOf(runs: readonly SuiteRun[], ability: Ability): Cell {
  const own = runs.filter(({ native }) => has(native, ability));
  // What can only be read is given a writer by the suite, whose abilities are not its own.
  const writable = runs.filter(({ native }) => native.readOnly !== true);
  const declaring = own.length > 0 ? own : writable.filter(({ capabilities }) => has(capabilities, ability));
  if (declaring.length === 0) return "-";
  const { cases } = CAPABILITY_CASES[ability];
  const matching = (names: readonly string[]) =>
    names.filter((name) =>
      cases.some((text) => name.startsWith(text) || (text.startsWith(": ") && name.endsWith(text))),
    );
  if (declaring.some(({ failed }) => matching(failed).length > 0)) return "**fails**";
  const exercised = declaring.some(
    ({ capabilities, passed }) => has(capabilities, ability) && matching(passed).length >= cases.length,
  );
  if (!exercised) return "claimed";
  return own.length > 0 ? "yes" : "virtual";
}

function has(capabilities: Capabilities, ability: Ability): boolean {
  const { directories, readOnly = false } = capabilities;
  return capabilities[ability] ?? (ability === "makeDirectory" && directories && !readOnly);
}
