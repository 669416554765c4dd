import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { s3Credentials } from "../../../../../core/store/services/s3/s3_credentials.ts";
import type { S3Options } from "../../../../../core/store/services/s3/s3_options.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-s3-credentials-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A profile whose keys come of a program that counts its runs; they end after so many minutes. */
async function profile(minutes: number) {
  const file = join(directory, "config");
  const runs = join(directory, "runs");
  const program = join(directory, "keys.sh");
  const expiration = new Date(Date.now() + minutes * 60_000).toISOString();
  const keys = `{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"${expiration}"}`;
  await writeFile(program, `echo run >> ${runs}\nprintf '%s' '${keys}'\n`);
  await writeFile(file, `[default]\ncredential_process = /bin/sh ${program}\n`);
  await writeFile(runs, "");
  const credential = { kind: "file", path: file } as const;
  return { options: { anonymous: false, credential } as S3Options, runs, program };
}

const linesOf = async (file: string) => (await Bun.file(file).text()).split("\n").length - 1;

test("what was found is kept, for all who ask at the same time, until it is about to expire", async () => {
  const { options, runs } = await profile(60);
  const credentials = s3Credentials(options, { environment: {} });
  const found = await Promise.all([credentials?.(), credentials?.(), credentials?.()]);
  expect(found[0]).toMatchObject({ accessKeyId: "A", secretAccessKey: "S", sessionToken: "T" });
  await credentials?.();
  expect(await linesOf(runs)).toBe(1);
});

test("what is about to expire, and a failure, are looked for anew", async () => {
  const { options, runs, program } = await profile(4);
  const credentials = s3Credentials(options, { environment: {} });
  await credentials?.();
  await credentials?.();
  expect(await linesOf(runs)).toBe(2);
  await rm(program);
  await expect(credentials?.()).rejects.toThrow();
  await profile(60);
  expect(await credentials?.()).toMatchObject({ accessKeyId: "A" });
});
