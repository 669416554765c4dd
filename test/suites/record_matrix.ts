import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import type { Capabilities, Store } from "../../core/store/store.ts";
import { serverOf } from "../servers/require_server.ts";

/** The environment variable with the folder where runs of the suite are written down. */
export const MATRIX_DIRECTORY = "JCS_TEST_MATRIX";

/** What stands for a server of our own, written after the documentation of a service that has none to run here. The title of such a run of the
 *  suite says so: "…, on a fake". */
export const FAKE = "a fake";

/** One run of {@link testStore}: what the store declared and how each case ended. */
export interface SuiteRun {
  readonly service: string;
  /** The server of servers.json that it ran against, or {@link FAKE}; none for what needs none. */
  readonly server?: string;
  /** What the service can do by itself. `null` stands for no bound. */
  readonly native: Capabilities;
  /** What it could do as it was opened, with virtual features. */
  readonly capabilities: Capabilities;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** Writes down, while `npm run matrix` collects, how the cases of one run of the suite end. To be called inside its `describe`. */
export function recordMatrix(store: () => Store | undefined): void {
  const directory = process.env[MATRIX_DIRECTORY];
  if (directory === undefined) return;
  let server: string | undefined;
  const passed: string[] = [];
  const failed: string[] = [];
  afterEach(({ task }) => {
    const section = task.suite?.name ?? "";
    for (let suite = task.suite; suite !== undefined && server === undefined; suite = suite.suite) {
      server = serverOf(suite.name) ?? (suite.name.includes(`on ${FAKE}`) ? FAKE : undefined);
    }
    const wrong = task.result?.state === "fail" || (task.result?.errors?.length ?? 0) > 0;
    (wrong ? failed : passed).push(`${section}: ${task.name}`);
  });
  afterAll(async () => {
    const opened = store();
    if (opened === undefined) return;
    const { info, native, capabilities } = opened;
    const run: SuiteRun = {
      service: info.service,
      ...(server === undefined ? {} : { server }),
      native,
      capabilities,
      passed,
      failed,
    };
    await writeFile(join(directory, `${randomUUID()}.json`), JSON.stringify(run));
  });
}
