import { expect, test } from "vitest";
import { SERVICES } from "../../../../../core/store/all.ts";
import { parseConnection } from "../../../../../core/store/connection_string.ts";
import { openStore } from "../../../../../core/store/open_store.ts";
import { readOptions } from "../../../../../core/store/read_options.ts";
import { S3_OPTIONS } from "../../../../../core/store/services/s3/s3_options.ts";
import { S3_PRESETS, withPreset } from "../../../../../core/store/services/s3/s3_presets.ts";

const KEY = "credential=hmac:key:secret";

function read(text: string, environment: Record<string, string> = {}) {
  const connection = withPreset(parseConnection(text), { environment });
  const options = readOptions(S3_OPTIONS, { ...connection, environment });
  const { endpoint, region, path_style, conditional_writes, copy_threshold, list_version } = options;
  return { endpoint: endpoint?.url, region, path_style, conditional_writes, copy_threshold, list_version };
}

test.each([
  ["r2", "account=0123ab", "https://0123ab.r2.cloudflarestorage.com:443", "auto", true],
  ["b2", "region=us-west-004", "https://s3.us-west-004.backblazeb2.com:443", "us-west-004", false],
  ["wasabi", "region=eu-central-1", "https://s3.eu-central-1.wasabisys.com:443", "eu-central-1", false],
  ["qingstor", "region=pek3b", "https://s3.pek3b.qingstor.com:443", "pek3b", false],
  ["kodo", "region=cn-east-1", "https://s3-cn-east-1.qiniucs.com:443", "cn-east-1", true],
  ["oss", "region=cn-hangzhou", "https://s3.oss-cn-hangzhou.aliyuncs.com:443", "cn-hangzhou", false],
  ["cos", "region=ap-beijing", "https://cos.ap-beijing.myqcloud.com:443", "ap-beijing", false],
  ["obs", "region=cn-north-4", "https://obs.cn-north-4.myhuaweicloud.com:443", "cn-north-4", false],
  ["bos", "region=bj", "https://s3.bj.bcebos.com:443", "bj", false],
  ["us3", "region=cn-bj", "https://s3-cn-bj.ufileos.com:443", "cn-bj", false],
  ["gcs", "", "https://storage.googleapis.com:443", "auto", true],
  ["minio", "endpoint=http:127.0.0.1:9000", "http://127.0.0.1:9000", "us-east-1", true],
  ["ceph", "endpoint=http:127.0.0.1:7480", "http://127.0.0.1:7480", "default", true],
  ["aws", "region=eu-central-1", undefined, "eu-central-1", undefined],
])("preset %s with %s is %s", (preset, said, endpoint, region, path_style) => {
  const expected = {
    endpoint,
    region,
    path_style,
    conditional_writes: ["aws", "minio", "ceph", "r2"].includes(preset),
    copy_threshold: preset === "gcs" ? 5 * 1024 ** 4 : 5 * 1024 ** 3,
    list_version: preset === "us3" ? 1 : 2,
  };
  const query = [said, KEY].filter((part) => part !== "").join("&");
  expect(read(`s3://bucket?preset=${preset}&${query}`)).toEqual(expected);
  if (preset !== "aws" && preset !== "gcs") expect(read(`${preset}://bucket?${query}`)).toEqual(expected);
});

test("what the connection string or the environment says counts more", () => {
  expect(
    read(`s3://b?preset=oss&region=cn-beijing&endpoint=http:localhost:80&path_style&${KEY}`),
  ).toMatchObject({
    endpoint: "http://localhost:80",
    path_style: true,
  });
  expect(read(`oss://b?${KEY}`, { JCS_OSS_REGION: "cn-beijing" })).toMatchObject({
    endpoint: "https://s3.oss-cn-beijing.aliyuncs.com:443",
    region: "cn-beijing",
  });
  expect(read(`s3://b?${KEY}`, { JCS_S3_PRESET: "gcs" }).endpoint).toBe("https://storage.googleapis.com:443");
  expect(read("oss://b?endpoint=https:oss.example.com").region).toBeUndefined();
});

test("what only the user can know is asked for, and what would lead elsewhere is refused", async () => {
  const open = (text: string) => openStore(text, { environment: {} });
  await expect(open(`oss://b?${KEY}`)).rejects.toMatchObject({
    kind: "Usage",
    message: expect.stringContaining('preset "oss" needs option "region", for example region=cn-hangzhou'),
  });
  await expect(open(`r2://b?${KEY}`)).rejects.toThrow('needs option "account"');
  await expect(open(`minio://b?${KEY}`)).rejects.toThrow('needs option "endpoint"');
  await expect(open(`s3://b?preset=nobody&${KEY}`)).rejects.toThrow("the presets are aws, minio");
  for (const region of ["evil.example.com/x", "a@evil", "evil.example.com#", "a.b.c", ""]) {
    await expect(open(`oss://b?region=${region}&${KEY}`), region).rejects.toThrow(
      'option "region" must consist',
    );
  }
});

test("the help names every preset, and every alias has an example that opens", async () => {
  const help = S3_OPTIONS.find(({ key }) => key === "preset")?.help ?? "";
  for (const name of Object.keys(S3_PRESETS)) expect(help).toContain(name);
  for (const name of Object.keys(S3_PRESETS).filter((each) => each !== "aws" && each !== "gcs")) {
    const service = SERVICES.find((each) => each.name === name);
    const store = await openStore(service?.examples[0] ?? "", { environment: {} });
    expect(store.info.service).toBe(name);
    await store.close();
  }
});
