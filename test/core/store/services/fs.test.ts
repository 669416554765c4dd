import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { testStore } from "../../../suites/test_store.ts";

const directory = await mkdtemp(join(tmpdir(), "jcs-fs-"));
afterAll(() => rm(directory, { recursive: true }));

testStore("fs", () => openStore(`fs://${directory}`, { environment: {} }));
