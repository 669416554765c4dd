import { expect, test } from "vitest";
import type { Edge } from "../../../commands/command.ts";
import { workaroundNotes } from "../../../commands/support/workaround_notes.ts";
import { JcsError } from "../../../core/errors.ts";

test("tells the first troubles with each space, and counts the rest", () => {
  const told: string[] = [];
  const edge = { output: { warn: (message: string) => told.push(message) } } as unknown as Edge;
  const notes = workaroundNotes(edge);
  for (let i = 0; i < 10; i++)
    for (const space of i < 4 ? ["a", "b"] : ["a"])
      notes.hear({
        type: "workaround",
        message: `${space} ${i}`,
        error: new JcsError("NotFound", "gone", { where: { space } }),
      });
  notes.hear({ type: "progress", bytes: 5 });
  notes.end();
  expect(told).toEqual([
    ...["a 0", "b 0", "a 1", "b 1", "a 2", "b 2"],
    'Worked around space "a" 7 more times',
    'Worked around space "b" 1 more time',
  ]);
});
