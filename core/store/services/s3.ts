import type { Connection } from "../connection_string.ts";
import { readOptions } from "../read_options.ts";
import type { OpenContext, Service } from "../service.ts";
import type { Store } from "../store.ts";
import { S3_OPTIONS } from "./s3/s3_options.ts";
import { withPreset } from "./s3/s3_presets.ts";

/** Buckets of Amazon S3 and of everything that speaks its protocol. */
export const s3: Service = {
  name: "s3",
  summary: "a bucket of Amazon S3 or of a compatible service",
  examples: [
    "s3://bucket/folder?region=eu-central-1&credential=env",
    "s3://bucket?preset=oss&region=cn-hangzhou&credential=hmac:ACCESS_KEY:SECRET_KEY",
    "s3://bucket?endpoint=https:minio.example.com:9000&credential=hmac:ACCESS_KEY:SECRET_KEY",
    "s3://bucket?region=eu-central-1&credential=file:/home/me/.aws/credentials#backup&storage_class=STANDARD_IA",
  ],
  options: S3_OPTIONS,
  rootOf: s3Root,
  open: openS3,
};

/** A bucket by whatever preset or endpoint it is reached. Amazon's endpoints are one: a bucket has one name in all regions. */
export function s3Root(connection: Connection, context: Pick<OpenContext, "environment">): string {
  const { environment } = context;
  const { endpoint } = readOptions(S3_OPTIONS, { ...withPreset(connection, context), environment });
  const isAmazon = endpoint === undefined || /(^|\.)amazonaws\.com$/.test(endpoint.host);
  return `${isAmazon ? "https://amazonaws.com" : endpoint.url} ${connection.name}`;
}

/** Opens a bucket with what its preset fills in. */
export async function openS3(connection: Connection, context: OpenContext): Promise<Store> {
  const { environment } = context;
  const options = readOptions(S3_OPTIONS, { ...withPreset(connection, context), environment });
  const { openS3Store } = await import("./s3/s3_store.ts");
  return openS3Store(connection, { options, context });
}
