import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type FindCertificatesOptions,
  findCertificates,
} from "../../../core/certificates/find_certificates.ts";

let root = "";
let options: FindCertificatesOptions;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "jcs-find-"));
  const at = (name: string) => join(root, name);
  for (const name of ["env", "work", "program", "home"]) mkdirSync(at(name));
  options = {
    given: {},
    environment: { JCS_CERT_DIR: at("env") },
    directory: at("work"),
    programDirectory: at("program"),
    home: at("home"),
  };
});
afterEach(() => rmSync(root, { recursive: true }));

function fill(
  folder: string,
  names: readonly string[] = ["ca_cert.pem", "client_cert.pem", "client_key.pem"],
): void {
  for (const name of names) writeFileSync(join(root, folder, name), "");
}

function all(folder: string) {
  const at = (name: string) => join(root, folder, name);
  return { authority: at("ca_cert.pem"), certificate: at("client_cert.pem"), key: at("client_key.pem") };
}

test("the first folder that has them all counts, in the order of the manual", async () => {
  for (const folder of ["home", "program", "work", "env"]) {
    fill(folder);
    expect(await findCertificates(options)).toEqual(all(folder));
  }
});

test("folders are never mixed", async () => {
  fill("env", ["ca_cert.pem"]);
  fill("work", ["client_cert.pem", "client_key.pem"]);
  fill("home");
  expect(await findCertificates(options)).toEqual(all("home"));
});

test("flags come first, each for its file", async () => {
  fill("env");
  const key = join(root, "work", "my.key");
  writeFileSync(key, "");
  expect(await findCertificates({ ...options, given: { key } })).toEqual({ ...all("env"), key });
});

test("a file named by a flag is not replaced by one found elsewhere", async () => {
  fill("env");
  const key = join(root, "none.key");
  await expect(findCertificates({ ...options, given: { key } })).rejects.toMatchObject({
    kind: "Config",
    message: expect.stringContaining(`--key "${key}": not readable`),
  });
});

test("when there are none, every place tried is listed with what is missing there", async () => {
  fill("work", ["ca_cert.pem"]);
  const error = await findCertificates({ ...options, environment: {} }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "Config" });
  expect((error as Error).message.split("\n")).toEqual([
    "Cannot find the certificates, looked in:",
    "  $JCS_CERT_DIR: not set",
    `  the working directory "${join(root, "work")}": no client_cert.pem, client_key.pem`,
    `  the program's folder "${join(root, "program")}": no ca_cert.pem, client_cert.pem, client_key.pem`,
    `  $JCS_HOME "${join(root, "home")}": no ca_cert.pem, client_cert.pem, client_key.pem`,
    "Name them with --ca, --cert and --key, or make them with jcs init",
  ]);
});
