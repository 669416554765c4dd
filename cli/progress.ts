import type { Progress } from "../commands/command.ts";

/** A display that shows nothing. */
export const NO_PROGRESS: Progress = {
  bytes() {},
  object() {},
  total() {},
  end() {},
};
