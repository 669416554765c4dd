import { S3Client } from "@aws-sdk/client-s3";
import { readNetwork } from "../../http/network.ts";
import type { OpenContext } from "../../service.ts";
import { s3Credentials } from "./s3_credentials.ts";
import type { S3Options } from "./s3_options.ts";
import { s3Transport } from "./s3_transport.ts";

/** The SDK's client for one store. `destroy()` ends its connections.
 *
 *  It makes each request once: what is worth another try is decided by the retry layer, which also knows what must not be done twice,
 *  and for the parts of a stream by the upload, which alone still has their bytes. It adds no checksums of its own: bodies are
 *  signed with their SHA-256, blocks carry checksums, and many compatible services refuse the SDK's trailers. */
export async function s3Client(options: S3Options, context: OpenContext): Promise<S3Client> {
  const { environment } = context;
  return new S3Client({
    region: options.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1",
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint.url }),
    forcePathStyle: options.path_style ?? options.endpoint !== undefined,
    useAccelerateEndpoint: options.accelerate,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: s3Transport({
      connectTimeoutMs: options.connect_timeout,
      network: readNetwork(options, context),
    }),
    ...(await s3Credentials(options, context)),
  });
}
