import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { issueCertificates } from "../../../../core/certificates/issue_certificates.ts";

/** What a process of its own says of a server with a certificate for `hosts`: authorities are read when a process starts. */
async function read(hosts: readonly string[], trusted: boolean): Promise<string> {
  const issued = await issueCertificates({ hosts });
  const { serverCertificate: cert, serverKey: key, authorityCertificate } = issued;
  const folder = await mkdtemp(join(tmpdir(), "jcs-tls-"));
  const server = createServer({ cert, key }, (_, answer) => void answer.end("hello"));
  try {
    await writeFile(join(folder, "authority.pem"), authorityCertificate);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const program = join(import.meta.dirname, "tls_client.ts");
    const { stdout } = await execa(process.execPath, [program, `https://127.0.0.1:${port}?retries=1`], {
      env: {
        PATH: process.env["PATH"],
        ...(trusted ? { NODE_EXTRA_CA_CERTS: join(folder, "authority.pem") } : {}),
      },
      extendEnv: false,
    });
    return stdout;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
}

test("a certificate of an authority that NODE_EXTRA_CA_CERTS names is good, for its own host only", async () => {
  expect(await read(["127.0.0.1"], true)).toBe("hello");
  expect(await read(["other.example"], true)).toMatch(
    /^Unreachable, retry never: .*certificate of .* is for another host/,
  );
  expect(await read(["127.0.0.1"], false)).toMatch(
    /^Unreachable, retry never: .*not trusted .*NODE_EXTRA_CA_CERTS/,
  );
});
