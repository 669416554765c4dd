import type { Service, ServiceOption } from "../service.ts";
import { S3_OPTIONS } from "./s3/s3_options.ts";
import { S3_PRESETS, type S3Preset, type S3PresetName } from "./s3/s3_presets.ts";
import { openS3, s3Root } from "./s3.ts";

/** Presets whose name is a service, too. `aws` is `s3` itself, and `gcs` is the service with Google's own protocol. */
const ALIASES = Object.keys(S3_PRESETS).filter((name) => name !== "aws" && name !== "gcs") as S3PresetName[];

/** The providers of S3-compatible buckets as services of their own: `oss://bucket?region=…` is `s3://bucket?preset=oss&region=…`. */
export const s3Compatible: readonly Service[] = ALIASES.map((name) => {
  const preset: S3Preset = S3_PRESETS[name];
  const options: readonly ServiceOption[] = S3_OPTIONS.filter(({ key }) => key !== "preset");
  return {
    name,
    summary: preset.summary,
    examples: [`${name}://bucket/folder?${exampleOf(preset)}&credential=hmac:ACCESS_KEY:SECRET_KEY`],
    options,
    rootOf: s3Root,
    open: openS3,
  };
});

function exampleOf(preset: S3Preset): string {
  if (preset.required?.includes("endpoint")) return "endpoint=https:storage.example.com:9000";
  if (preset.required?.includes("account")) return "account=0123456789abcdef";
  return `region=${preset.exampleRegion}`;
}
