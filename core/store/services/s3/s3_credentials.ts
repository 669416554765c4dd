import { homedir } from "node:os";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { JcsError } from "../../../errors.ts";
import type { OpenContext } from "../../service.ts";
import type { S3Options } from "./s3_options.ts";

/** What the SDK needs to sign requests.
 *
 *  Throws `Usage` for a kind of credential that S3 does not know and `Config` where `env` finds nothing. A file or Amazon's own chain
 *  (environment, files, single sign-on, roles) is looked at when the first request is signed, and again when it expires. */
export async function s3Credentials(
  options: S3Options,
  { environment }: OpenContext,
): Promise<Pick<S3ClientConfig, "credentials" | "signer">> {
  const { credential, session_token: sessionToken } = options;
  if (options.anonymous) {
    return {
      signer: { sign: async (request) => request },
      credentials: { accessKeyId: "", secretAccessKey: "" },
    };
  }
  if (sessionToken !== undefined && credential?.kind !== "hmac") {
    throw refused("Usage", 'option "session_token" goes only with credential=hmac:…');
  }
  switch (credential?.kind) {
    case "hmac":
      return {
        credentials: {
          accessKeyId: credential.accessKey,
          secretAccessKey: credential.secretKey,
          ...(sessionToken === undefined ? {} : { sessionToken }),
        },
      };
    case "env":
      return { credentials: fromEnvironment(environment) };
    case "file": {
      const { fromIni } = await import("@aws-sdk/credential-providers");
      const [path = "", profile = "default"] = credential.path.split("#", 2);
      const filepath = path.replace(/^~(?=\/)/, homedir());
      return { credentials: fromIni({ filepath, configFilepath: filepath, profile, ignoreCache: true }) };
    }
    case undefined: {
      const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
      return { credentials: fromNodeProviderChain() };
    }
    case "apikey":
    case "basic":
    case "base64":
      throw refused("Usage", `credential "${credential.kind}:…" is none of S3's; use hmac:…, env or file:…`);
  }
}

function fromEnvironment(environment: OpenContext["environment"]) {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) {
    throw refused(
      "Config",
      "credential=env needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function refused(kind: "Usage" | "Config", state: string): JcsError {
  return new JcsError(kind, `Cannot open a space of service "s3": ${state}`);
}
