import { expect, test } from "vitest";
import { isKind } from "../../../../../core/errors.ts";
import { parseOptionValue } from "../../../../../core/store/option_value.ts";
import { bucketAddress } from "../../../../../core/store/services/s3/s3_address.ts";
import type { S3Options } from "../../../../../core/store/services/s3/s3_options.ts";

function addressOf(
  bucket: string,
  said: { endpoint?: string; path_style?: boolean; accelerate?: boolean; region?: string } = {},
): string {
  const { endpoint, region = "eu-west-3", ...rest } = said;
  const options = {
    accelerate: false,
    ...rest,
    ...(endpoint === undefined ? {} : { endpoint: parseOptionValue("endpoint", endpoint) }),
  } as S3Options;
  const address = bucketAddress(bucket, options, region);
  return `${address.endpoint.url}${address.bucketPath}`;
}

test.each([
  ["bucket", {}, "https://bucket.s3.eu-west-3.amazonaws.com:443"],
  ["bucket", { path_style: true }, "https://s3.eu-west-3.amazonaws.com:443/bucket"],
  // A certificate for *.s3… does not cover two more names.
  ["two.names", {}, "https://s3.eu-west-3.amazonaws.com:443/two.names"],
  ["Upper_case", {}, "https://s3.eu-west-3.amazonaws.com:443/Upper_case"],
  ["bucket", { region: "cn-north-1" }, "https://bucket.s3.cn-north-1.amazonaws.com.cn:443"],
  ["bucket", { region: "us-gov-west-1" }, "https://bucket.s3.us-gov-west-1.amazonaws.com:443"],
  ["bucket", { region: "us-isob-east-1" }, "https://bucket.s3.us-isob-east-1.sc2s.sgov.gov:443"],
  ["bucket", { accelerate: true }, "https://bucket.s3-accelerate.amazonaws.com:443"],
  ["bucket", { endpoint: "http:127.0.0.1:9000" }, "http://127.0.0.1:9000/bucket"],
  ["bucket", { endpoint: "http:[::1]:9000", path_style: false }, "http://[::1]:9000/bucket"],
  [
    "bucket",
    { endpoint: "https:cos.ap.example.com", path_style: false },
    "https://bucket.cos.ap.example.com:443",
  ],
  ["two.names", { endpoint: "http:s3.example.com", path_style: false }, "http://two.names.s3.example.com:80"],
  [
    "two.names",
    { endpoint: "https:s3.example.com", path_style: false },
    "https://s3.example.com:443/two.names",
  ],
])("bucket %j with %j lies at %s", (bucket, said, address) => {
  expect(addressOf(bucket, said)).toBe(address);
});

test.each([
  ["bucket--usw2-az1--x-s3", {}, /S3 Express/],
  ["two.names", { accelerate: true }, /cannot be accelerated/],
  ["bucket", { accelerate: true, endpoint: "http:s3.example.com" }, /do not go together/],
  ["bucket", { region: "evil.example.com/x" }, /"region" must consist of/],
])("refuses bucket %j with %j", (bucket, said, message) => {
  try {
    addressOf(bucket, said);
  } catch (error) {
    expect(isKind(error, "Usage")).toBe(true);
    expect(String(error)).toMatch(message);
    return;
  }
  expect.unreachable("an address was found");
});
