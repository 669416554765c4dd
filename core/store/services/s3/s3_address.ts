import { isIP } from "node:net";
import { type Endpoint, parseOptionValue } from "../../option_value.ts";
import { type S3Options, unusable } from "./s3_options.ts";

/** Where a bucket is reached. */
export interface BucketAddress {
  readonly endpoint: Endpoint;
  /** What stands before `/` and the key in the path of requests: empty where the host names the bucket, otherwise `/` and the bucket. */
  readonly bucketPath: string;
}

/** Domains of Amazon's partitions, by how the names of their regions begin; the first that fits. */
const PARTITIONS: readonly (readonly [string, string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["us-iso-", "c2s.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
  ["eusc-", "amazonaws.eu"],
  ["", "amazonaws.com"],
];

/** Where the bucket lies: at the endpoint that the options name, otherwise at Amazon's own of `region`. In the name of the host where that is wanted and can be: a
 *  certificate covers one name before the service's, and an address has none. Throws `Usage` for what cannot go together. */
export function bucketAddress(bucket: string, options: S3Options, region: string): BucketAddress {
  const { accelerate } = options;
  if (bucket.endsWith("--x-s3")) throw unusable("directory buckets (S3 Express) are not supported");
  if (accelerate && options.endpoint !== undefined) {
    throw unusable('options "accelerate" and "endpoint" do not go together');
  }
  const endpoint = options.endpoint ?? amazonEndpoint(accelerate ? "s3-accelerate" : `s3.${region}`, region);
  const inHost = !(options.path_style ?? options.endpoint !== undefined) && fitsHost(bucket, endpoint);
  if (accelerate && !inHost)
    throw unusable(`bucket "${bucket}" cannot be accelerated: its name fits no host`);
  if (!inHost) return { endpoint, bucketPath: `/${encodeURIComponent(bucket)}` };
  const { protocol, host, port } = endpoint;
  return { endpoint: requireEndpoint(`${protocol}:${bucket}.${host}:${port}`), bucketPath: "" };
}

function amazonEndpoint(service: string, region: string): Endpoint {
  if (!/^[a-z0-9-]{1,63}$/i.test(region)) {
    throw unusable('option "region" must consist of letters, digits and hyphens');
  }
  const [, domain] = PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? ["", "amazonaws.com"];
  return requireEndpoint(`https:${service}.${domain}`);
}

function fitsHost(bucket: string, { protocol, host }: Endpoint): boolean {
  const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  if (isIP(host.replace(/^\[|\]$/g, "")) !== 0) return false;
  return label.test(bucket) || (protocol === "http" && bucket.split(".").every((part) => label.test(part)));
}

function requireEndpoint(text: string): Endpoint {
  const endpoint = parseOptionValue("endpoint", text);
  if (endpoint === undefined) throw unusable(`${JSON.stringify(text)} is no endpoint`);
  return endpoint;
}
