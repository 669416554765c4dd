import { homedir } from "node:os";
import type { OpenContext } from "../../service.ts";
import { type S3Options, unusable } from "./s3_options.ts";
import type { S3Identity } from "./s3_signature.ts";

/** What Amazon's own tools find, with the time when it ends. */
type FoundIdentity = S3Identity & { readonly expiration?: Date | undefined };

/** What ends within this time is looked for anew. */
const EXPIRY_MARGIN_MS = 5 * 60_000;

/** Who signs the requests; `undefined` where nobody does.
 *
 *  Throws `Usage` for a kind of credential that S3 does not know and `Config` where `env` finds nothing. A file or Amazon's own chain
 *  (environment, files, single sign-on, roles) is looked at when the first request is signed, and again when what was found is about to
 *  expire; a failure of that is theirs. */
export function s3Credentials(
  options: S3Options,
  { environment }: OpenContext,
): (() => Promise<S3Identity>) | undefined {
  const { credential, session_token: sessionToken } = options;
  if (options.anonymous) return undefined;
  if (sessionToken !== undefined && credential?.kind !== "hmac") {
    throw unusable('option "session_token" goes only with credential=hmac:…');
  }
  switch (credential?.kind) {
    case "hmac": {
      const { accessKey, secretKey } = credential;
      const identity = { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken };
      return async () => identity;
    }
    case "env": {
      const identity = fromEnvironment(environment);
      return async () => identity;
    }
    case "file": {
      const [path = "", profile = "default"] = credential.path.split("#", 2);
      const filepath = path.replace(/^~(?=\/)/, homedir());
      return untilExpired(async () => {
        const { fromIni } = await import("@aws-sdk/credential-providers");
        return await fromIni({ filepath, configFilepath: filepath, profile, ignoreCache: true })();
      });
    }
    case undefined:
      return untilExpired(async () => {
        const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
        return await fromNodeProviderChain()();
      });
    case "apikey":
    case "basic":
    case "base64":
      throw unusable(`credential "${credential.kind}:…" is none of S3's; use hmac:…, env or file:…`);
  }
}

/** Looks once for all who ask, and again when what was found is about to expire, or when nothing was. */
function untilExpired(look: () => Promise<FoundIdentity>): () => Promise<S3Identity> {
  let looking: Promise<FoundIdentity> | undefined;
  let untilMs = Number.POSITIVE_INFINITY;
  return async () => {
    if (Date.now() >= untilMs) looking = undefined;
    if (looking === undefined) {
      untilMs = Number.POSITIVE_INFINITY;
      looking = look();
      looking.then(
        ({ expiration }) => {
          if (expiration !== undefined) untilMs = expiration.getTime() - EXPIRY_MARGIN_MS;
        },
        () => {
          looking = undefined;
        },
      );
    }
    return await looking;
  };
}

function fromEnvironment(environment: OpenContext["environment"]): S3Identity {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) {
    throw unusable(
      "credential=env needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
      "Config",
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
