import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanEnvironment, ROOT } from "./spawn_program.ts";

const KEYS = 200_000;
const PAGE = 1000;
/** Keys that a listing has shown before its memory is looked at for the first time. */
const WARM = 20_000;
const GROWTH_KIB_MAX = 24 * 1024;

/** A page of a bucket that has {@link KEYS} keys: the answer of a service that looks no further than that. */
function pageFrom(start: number): string {
  const keys = Array.from({ length: PAGE }, (_, index) => {
    const number = String(start + index).padStart(9, "0");
    return `<Contents><Key>list/${number.slice(0, 6)}/${number}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>${start}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  });
  const next = start + PAGE;
  const more = next < KEYS ? `<NextContinuationToken>${next}</NextContinuationToken>` : "";
  return `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${next < KEYS}</IsTruncated>${more}${keys.join("")}</ListBucketResult>`;
}

test.skipIf(!existsSync("/proc/self/status"))(
  "listing many keys takes no more memory than listing some",
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "jcs-memory-"));
    const server = createServer((request, answer) => {
      const url = new URL(request.url ?? "/", "http://server");
      answer.end(pageFrom(Number(url.searchParams.get("continuation-token") ?? 0)));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const child = spawn(
      process.execPath,
      [join(ROOT, "cli", "main.ts"), "ls", "-r", "--json", "cloud:list/"],
      {
        env: cleanEnvironment({
          JCS_HOME: folder,
          JCS_SPACE_cloud: `s3://bucket?endpoint=http:127.0.0.1:${port}&credential=hmac:a:b`,
        }),
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      const closed = once(child, "close");
      const peakKib = () =>
        Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);
      let lines = 0;
      let before: number | undefined;
      let after = 0;
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        for (const byte of chunk) if (byte === 10) lines += 1;
        if (lines < WARM || lines >= KEYS) continue;
        before ??= peakKib();
        after = peakKib();
      }
      const [status] = await closed;
      // The summary is a line, too.
      expect([status, lines]).toEqual([0, KEYS + 1]);
      expect(after).toBeGreaterThan(0);
      expect(after - (before ?? 0)).toBeLessThan(GROWTH_KIB_MAX);
    } finally {
      child.kill("SIGKILL");
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    }
  },
);
