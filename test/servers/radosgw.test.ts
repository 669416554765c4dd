import { expect, test } from "vitest";
import { createBucket, radosgw } from "./radosgw.ts";
import { requireServer } from "./require_server.ts";

requireServer("radosgw")("radosgw", () => {
  test("answers, and makes buckets", { timeout: 90_000 }, async () => {
    const server = await radosgw();
    const bucket = await createBucket(server);
    const answer = await fetch(`${server.endpoint}/${bucket}`);
    expect(answer.status).toBe(403);
    expect((await radosgw()).endpoint).toBe(server.endpoint);
  });
});
