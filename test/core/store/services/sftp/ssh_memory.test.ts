import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Store } from "../../../../../core/store/store.ts";
import { openSftp } from "../../../../servers/open_sftp.ts";
import { createSftpRoot, type Openssh, startOpenssh } from "../../../../servers/openssh.ts";
import { requireServer } from "../../../../servers/require_server.ts";

const MIB = 1024 * 1024;
const ENTRIES = 1500;

requireServer("openssh")("memory that passes through the SSH library", () => {
  let server: Openssh | undefined;
  let directory: string;
  let store: Store | undefined;
  afterEach(async () => {
    await store?.close();
    if (server !== undefined) process.kill(server.pid);
    await rm(directory, { recursive: true });
  });

  test.each([
    ["AES in GCM", ["Ciphers aes256-gcm@openssh.com"]],
    ["AES and a MAC of the packet", ["Ciphers aes128-ctr", "MACs hmac-sha2-256"]],
    ["AES and a MAC of what was encrypted", ["Ciphers aes256-ctr", "MACs hmac-sha2-512-etm@openssh.com"]],
    ["new keys after every MiB", ["RekeyLimit 1M"]],
  ])("is freed when nobody looks at it any more: %s", { timeout: 60_000 }, async (_, settings) => {
    directory = await mkdtemp(join(tmpdir(), "jcs-ssh-"));
    server = await startOpenssh(directory, { settings });
    const root = await createSftpRoot(server);
    await mkdir(join(root, "many"));
    for (let entry = 0; entry < ENTRIES; entry++) await writeFile(join(root, "many", `entry ${entry}`), "");
    const opened = await openSftp({ server, directory: root });
    store = opened;
    const large = randomBytes(5 * MIB + 12_345);
    const small = randomBytes(100);
    const readBack = async (path: string) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await opened.read(path)) chunks.push(Uint8Array.from(chunk));
      return Buffer.concat(chunks);
    };
    // All at once, so that answers of every kind share packets.
    const work = Array.from({ length: 12 }, async (_none, index) => {
      if (index % 3 === 0) {
        await opened.write(`large ${index}`, large);
        expect(Buffer.compare(await readBack(`large ${index}`), large)).toBe(0);
      } else if (index % 3 === 1) {
        for (let round = 0; round < 20; round++) {
          await opened.write(`small ${index}`, small);
          expect(Buffer.compare(await readBack(`small ${index}`), small)).toBe(0);
        }
      } else {
        const names = new Set<string>();
        for await (const { path } of opened.list("many")) names.add(path);
        expect(names.size).toBe(ENTRIES);
      }
    });
    await Promise.all(work);
  });
});
