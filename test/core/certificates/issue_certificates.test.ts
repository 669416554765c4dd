import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CERTIFICATE_FILES, type CertificateFile } from "../../../core/certificates/certificate_files.ts";
import { issueCertificates } from "../../../core/certificates/issue_certificates.ts";

let directory = "";
let issued: Readonly<Record<CertificateFile, string>>;
let others: Readonly<Record<CertificateFile, string>>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jcs-certificates-"));
  issued = await issueCertificates({ hosts: ["localhost", "store.example.org", "127.0.0.1", "::1"] });
  others = await issueCertificates({ hosts: ["localhost"] });
  for (const [file, name] of Object.entries(CERTIFICATE_FILES)) {
    writeFileSync(join(directory, name), issued[file as CertificateFile]);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

test("the certificates say what they are for, for ten years", () => {
  const authority = new X509Certificate(issued.authorityCertificate);
  const server = new X509Certificate(issued.serverCertificate);
  const client = new X509Certificate(issued.clientCertificate);
  expect([authority.ca, server.ca, client.ca]).toEqual([true, false, false]);
  for (const certificate of [authority, server, client]) {
    expect(certificate.verify(authority.publicKey)).toBe(true);
    const years = (Date.parse(certificate.validTo) - Date.now()) / (365.25 * 24 * 3_600_000);
    expect(years).toBeGreaterThan(9.9);
    expect(years).toBeLessThan(10.1);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  }
  expect(new Set([authority, server, client].map(({ serialNumber }) => serialNumber)).size).toBe(3);
  for (const host of ["localhost", "store.example.org"]) expect(server.checkHost(host)).toBe(host);
  expect(server.checkHost("elsewhere.example.org")).toBeUndefined();
});

const OPENSSL = spawnSync("openssl", ["version"]).status === 0;
test.skipIf(!OPENSSL)("openssl accepts each for its use and for no other", () => {
  const verify = (name: string, purpose: string) =>
    spawnSync("openssl", ["verify", "-x509_strict", "-CAfile", "ca_cert.pem", "-purpose", purpose, name], {
      cwd: directory,
    }).status;
  expect(verify("server_cert.pem", "sslserver")).toBe(0);
  expect(verify("client_cert.pem", "sslclient")).toBe(0);
  expect(verify("server_cert.pem", "sslclient")).not.toBe(0);
  expect(verify("client_cert.pem", "sslserver")).not.toBe(0);
  for (const name of ["ca", "server", "client"]) {
    const text = execFileSync("openssl", ["pkey", "-in", `${name}_key.pem`, "-noout", "-text"], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(text).toContain("NIST CURVE: P-256");
  }
});

/** Whether a client with these certificates gets through to a server that demands one of its own authority. */
async function greets(client: Readonly<Record<CertificateFile, string>>): Promise<boolean> {
  const server = tls.createServer({
    ca: issued.authorityCertificate,
    cert: issued.serverCertificate,
    key: issued.serverKey,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on("secureConnection", (socket) => socket.end("hello"));
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const socket = tls.connect({
    host: "127.0.0.1",
    port,
    ca: issued.authorityCertificate,
    cert: client.clientCertificate,
    key: client.clientKey,
  });
  try {
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text === "hello";
  } catch {
    return false;
  } finally {
    socket.destroy();
    server.close();
  }
}

test("mutual TLS works with them, and not with those of another authority", async () => {
  expect(await greets(issued)).toBe(true);
  expect(await greets(others)).toBe(false);
});
