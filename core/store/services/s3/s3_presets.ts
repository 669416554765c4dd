import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { environmentName } from "../../read_options.ts";
import type { OpenContext } from "../../service.ts";

/** What a provider's buckets need, in options of a connection string; `{region}` and `{account}` stand for those options. */
export interface S3Preset {
  /** One line for help. */
  readonly summary: string;
  /** A region that exists, for messages and examples. */
  readonly exampleRegion: string;
  readonly options: Readonly<Record<string, string>>;
  /** Options that nobody can know but the user. */
  readonly required?: readonly ("endpoint" | "region" | "account")[];
}

const HOSTED = { path_style: "false" };
/** Their conditional writes are other headers than S3's, or none, and one that they ignore would lose an object. */
const UNCONDITIONAL = { conditional_writes: "false" };

/** Providers of S3-compatible buckets by name. Sources: the providers' own pages on access by S3 clients ("Use AWS SDKs to access OSS",
 *  "US3: AWS S3 protocol support", "R2: S3 API compatibility", "B2: S3-compatible API", "Cloud Storage: XML API interoperability", QingStor,
 *  Kodo, COS, OBS, BOS and Wasabi: "endpoints and regions"), and rclone's table of providers (backend/s3/provider) for the quirks. */
export const S3_PRESETS = {
  aws: { summary: "Amazon S3", exampleRegion: "eu-central-1", options: {} },
  minio: {
    summary: "a MinIO server",
    exampleRegion: "us-east-1",
    options: { region: "us-east-1", path_style: "true" },
    required: ["endpoint"],
  },
  ceph: {
    summary: "a Ceph object gateway",
    exampleRegion: "default",
    options: { region: "default", path_style: "true" },
    required: ["endpoint"],
  },
  r2: {
    summary: "a bucket of Cloudflare R2",
    exampleRegion: "auto",
    options: { endpoint: "https:{account}.r2.cloudflarestorage.com", region: "auto", path_style: "true" },
    required: ["account"],
  },
  b2: {
    summary: "a bucket of Backblaze B2",
    exampleRegion: "us-west-004",
    options: { endpoint: "https:s3.{region}.backblazeb2.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  wasabi: {
    summary: "a bucket of Wasabi",
    exampleRegion: "eu-central-1",
    options: { endpoint: "https:s3.{region}.wasabisys.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  qingstor: {
    summary: "a bucket of QingStor",
    exampleRegion: "pek3b",
    options: { endpoint: "https:s3.{region}.qingstor.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  kodo: {
    summary: "a bucket of Qiniu Kodo",
    exampleRegion: "cn-east-1",
    options: { endpoint: "https:s3-{region}.qiniucs.com", path_style: "true", ...UNCONDITIONAL },
    required: ["region"],
  },
  oss: {
    summary: "a bucket of Alibaba Cloud OSS",
    exampleRegion: "cn-hangzhou",
    options: { endpoint: "https:s3.oss-{region}.aliyuncs.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  cos: {
    summary: "a bucket of Tencent Cloud COS",
    exampleRegion: "ap-beijing",
    options: { endpoint: "https:cos.{region}.myqcloud.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  obs: {
    summary: "a bucket of Huawei Cloud OBS",
    exampleRegion: "cn-north-4",
    options: { endpoint: "https:obs.{region}.myhuaweicloud.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  bos: {
    summary: "a bucket of Baidu BOS",
    exampleRegion: "bj",
    options: { endpoint: "https:s3.{region}.bcebos.com", ...HOSTED, ...UNCONDITIONAL },
    required: ["region"],
  },
  us3: {
    summary: "a bucket of UCloud US3",
    exampleRegion: "cn-bj",
    // Knows only the first version of listing.
    options: { endpoint: "https:s3-{region}.ufileos.com", ...HOSTED, ...UNCONDITIONAL, list_version: "1" },
    required: ["region"],
  },
  gcs: {
    summary: "a bucket of Google Cloud Storage, by its interoperable XML API",
    exampleRegion: "auto",
    // It copies objects of any size in one request, and knows no copies in parts.
    options: {
      endpoint: "https:storage.googleapis.com",
      region: "auto",
      path_style: "true",
      copy_threshold: "5TiB",
      ...UNCONDITIONAL,
    },
  },
} as const satisfies Readonly<Record<string, S3Preset>>;

/** The name of a preset. */
export type S3PresetName = keyof typeof S3_PRESETS;

/** The preset of this name, if there is one. */
export function findPreset(name: string): S3Preset | undefined {
  return Object.hasOwn(S3_PRESETS, name) ? S3_PRESETS[name as S3PresetName] : undefined;
}

/** The connection with all that its preset knows filled in, `preset` being the option or the service's own name. What the connection or
 *  the environment says counts more. Throws `Usage` for an unknown preset, and where something is missing that only the user knows. */
export function withPreset(
  connection: Connection,
  { environment }: Pick<OpenContext, "environment">,
): Connection {
  const said = (key: string) =>
    connection.options.get(key) ?? environment[environmentName(connection.service, key)];
  const name = said("preset") ?? connection.service;
  const preset: S3Preset | undefined = findPreset(name);
  if (preset === undefined) {
    if (name === "s3") return connection;
    const known = Object.keys(S3_PRESETS).join(", ");
    throw refused(connection, `unknown preset ${JSON.stringify(name)}; the presets are ${known}`);
  }
  const filled = new Map<string, string>();
  for (const [key, value] of Object.entries(preset.options))
    if (said(key) === undefined) filled.set(key, value);
  // Who names an endpoint needs nothing that the endpoint would be made of.
  const required = (preset.required ?? []).filter((key) => key === "endpoint" || filled.has("endpoint"));
  for (const key of required) {
    if (said(key) !== undefined) continue;
    const example = key === "region" ? `, for example region=${preset.exampleRegion}` : "";
    throw refused(connection, `preset "${name}" needs option "${key}"${example}`);
  }
  const endpoint = filled.get("endpoint");
  if (endpoint !== undefined) {
    const full = endpoint.replace(/\{(\w+)\}/g, (_, key: string) =>
      hostPart(connection, { key, value: said(key) }),
    );
    filled.set("endpoint", full);
  }
  return { ...connection, options: new Map([...filled, ...connection.options]) };
}

/** A value as part of a host's name; anything else would lead the request, and its signature, elsewhere. */
function hostPart(
  connection: Connection,
  option: { readonly key: string; readonly value: string | undefined },
): string {
  const { key, value = "" } = option;
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)?$/i.test(value)) return value;
  throw refused(connection, `option "${key}" must consist of letters, digits and hyphens`);
}

function refused({ service }: Connection, state: string): JcsError {
  return new JcsError("Usage", `Cannot open a space of service "${service}": ${state}`);
}
