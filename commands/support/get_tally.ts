import { formatByteSize } from "../../core/bytes/byte_size.ts";
import type { Edge } from "../command.ts";
import type { Decision } from "./overwrite.ts";
import { plural } from "./plural.ts";
import { doneText, type RunCounts } from "./run_objects.ts";
import { showDetail } from "./show_detail.ts";

/** What a get has done with its files. */
export interface GetTally {
  /** Counts and shows one local file. `source` is how messages call where it comes from, `address` the same for `--json`. */
  file(done: {
    readonly decision: Decision;
    readonly target: string;
    readonly bytes: number;
    readonly source: string;
    readonly address: Readonly<Record<string, unknown>>;
  }): void;
  /** Writes the summary. */
  end(run: RunCounts): void;
}

/** Counts what a get does; `noun` is what it fetches. */
export function createGetTally(edge: Edge, noun: string): GetTally {
  const counts = { written: 0, unchanged: 0, kept: 0, bytes: 0 };
  return {
    file({ decision, target, bytes, source, address }) {
      const status = decision === "replace" || decision === "write" ? "written" : decision;
      counts[status]++;
      counts.bytes += bytes;
      showDetail(edge, {
        text: `${status} ${JSON.stringify(target)} from ${JSON.stringify(source)}`,
        json: { type: "get", status, ...address, target, bytes },
      });
    },
    end(run) {
      const parts = [
        `Fetched ${plural(counts.written, noun)} (${formatByteSize(counts.bytes)})`,
        ...(counts.unchanged > 0 ? [`${counts.unchanged} unchanged`] : []),
        ...(counts.kept > 0 ? [`${counts.kept} kept`] : []),
      ];
      edge.output.summary({ ...doneText(run, parts.join(", ")), json: { ...counts, failed: run.failed } });
    },
  };
}
