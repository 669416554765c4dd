import { JcsError } from "../../../errors.ts";
import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `s3` may say. */
export const S3_OPTIONS = [
  {
    key: "preset",
    type: "string",
    help: "the provider, whose endpoint, addressing and quirks are filled in: aws, minio, ceph, r2, b2, wasabi, qingstor, kodo, oss, cos, obs, bos, us3 or gcs",
  },
  {
    key: "endpoint",
    type: "endpoint",
    help: "where the service listens; Amazon's own endpoint of the region unless given",
  },
  {
    key: "region",
    type: "string",
    help: "region of the bucket; AWS_REGION, AWS_DEFAULT_REGION or us-east-1 unless given",
  },
  { key: "account", type: "string", help: "account that the endpoint is named after, where it is" },
  {
    key: "credential",
    type: "credential",
    help: "hmac:ACCESS_KEY:SECRET_KEY, env, or file:/PATH[#PROFILE]; unless given, what Amazon's own tools would use",
  },
  {
    key: "session_token",
    type: "string",
    secret: true,
    help: "token that goes with a temporary hmac credential",
  },
  { key: "anonymous", type: "boolean", default: "false", help: "send requests without a signature" },
  {
    key: "path_style",
    type: "boolean",
    help: "name the bucket in the path and not in the host; true with an endpoint, otherwise false",
  },
  { key: "storage_class", type: "string", help: "storage class of new objects" },
  {
    key: "server_side_encryption",
    type: "string",
    help: "how the service encrypts new objects: AES256, aws:kms or aws:kms:dsse",
  },
  { key: "sse_kms_key_id", type: "string", help: "key of the key management service for new objects" },
  {
    key: "sse_bucket_key",
    type: "boolean",
    help: "let the bucket derive keys, for fewer calls to the key service",
  },
  {
    key: "sse_customer_algorithm",
    type: "string",
    default: "AES256",
    help: "algorithm that goes with sse_customer_key",
  },
  {
    key: "sse_customer_key",
    type: "string",
    secret: true,
    help: "32 bytes in base64: the service encrypts and decrypts with them and forgets them",
  },
  {
    key: "part_size",
    type: "bytes",
    default: "5MiB",
    help: "bytes of one part of a large upload; 5MiB or more",
  },
  {
    key: "part_concurrency",
    type: "integer",
    default: "4",
    help: "parts of one upload on their way at the same time; each takes part_size of memory",
  },
  {
    key: "multipart_threshold",
    type: "bytes",
    default: "16MiB",
    help: "bodies up to this size go in one request and lie in memory meanwhile",
  },
  {
    key: "copy_threshold",
    type: "bytes",
    default: "5GiB",
    help: "objects larger than this are copied in parts",
  },
  {
    key: "conditional_writes",
    type: "boolean",
    default: "true",
    help: "false for a service that refuses If-None-Match (status 501)",
  },
  {
    key: "list_version",
    type: "integer",
    default: "2",
    help: "1 for a service that does not know the second version of listing",
  },
  { key: "expected_bucket_owner", type: "string", help: "account that must own the bucket" },
  { key: "accelerate", type: "boolean", default: "false", help: "use Amazon's transfer acceleration" },
  { key: "connect_timeout", type: "duration", default: "10s", help: "longest wait for a connection" },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The error of a connection that no bucket can be opened with. */
export function unusable(state: string, kind: "Usage" | "Config" = "Usage"): JcsError {
  return new JcsError(kind, `Cannot open a space of service "s3": ${state}`);
}

/** The options of one connection, read. */
export type S3Options = OptionValues<typeof S3_OPTIONS>;
