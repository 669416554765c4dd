import type { ServerResponse } from "node:http";

/** Waits until an answer takes bytes again, or is closed. Leaves no listener behind. */
export function drained(answer: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      answer.off("drain", done);
      answer.off("close", done);
      resolve();
    };
    answer.on("drain", done);
    answer.on("close", done);
  });
}
