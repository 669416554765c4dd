import type { TransferEvent } from "../../core/client.ts";
import type { Edge } from "../command.ts";

/** Tells the user what transfers got around, without a line for each of ten thousand objects. */
export interface WorkaroundNotes {
  /** Warns of the first trouble of its kind with a space; the others are counted. */
  hear(event: TransferEvent): void;
  /** Says how often the rest happened. */
  end(): void;
}

/** How many troubles with one space are told in full. */
const TOLD_MAX = 3;

/** Starts with nothing heard. */
export function workaroundNotes(edge: Edge): WorkaroundNotes {
  const counts = new Map<string, number>();
  return {
    hear(event) {
      if (event.type !== "workaround") return;
      const space = event.error.where.space ?? "";
      const count = (counts.get(space) ?? 0) + 1;
      counts.set(space, count);
      if (count <= TOLD_MAX) edge.output.warn(event.message);
    },
    end() {
      for (const [space, count] of counts) {
        const more = count - TOLD_MAX;
        if (more > 0)
          edge.output.warn(`Worked around space "${space}" ${more} more ${more === 1 ? "time" : "times"}`);
      }
    },
  };
}
