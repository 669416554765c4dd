import { type RcloneProcess, type RcloneSetup, startRclone } from "./rclone_process.ts";

/** A store's hold on the one rclone that all stores of this process share. */
export interface RcloneHold {
  /** The rclone that runs; a new one when it has ended. */
  process(): Promise<RcloneProcess>;
  /** Lets go; the last one ends rclone and waits for it. Idempotent. */
  release(): Promise<void>;
}

interface Shared {
  holds: number;
  running: Promise<RcloneProcess> | undefined;
}

const SHARED = new Map<string, Shared>();

/** Takes hold of the rclone for this program, configuration and environment. Starts nothing yet. */
export function holdRclone(setup: RcloneSetup): RcloneHold {
  const variables = Object.entries(setup.environment).filter(
    ([name]) => name.startsWith("RCLONE_") || name === "PATH",
  );
  const key = JSON.stringify([setup.program, setup.config, variables.sort()]);
  const shared = SHARED.get(key) ?? { holds: 0, running: undefined };
  SHARED.set(key, shared);
  shared.holds += 1;
  let held = true;
  return {
    async process() {
      const running = shared.running;
      if (running !== undefined) {
        const found = await running.catch(() => undefined);
        if (found?.alive() === true) return found;
        if (shared.running === running) shared.running = undefined;
      }
      shared.running ??= startRclone(setup);
      return await shared.running;
    },
    async release() {
      if (!held) return;
      held = false;
      shared.holds -= 1;
      if (shared.holds > 0) return;
      SHARED.delete(key);
      const found = await shared.running?.catch(() => undefined);
      await found?.stop();
    },
  };
}
