import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { JcsError } from "../../../errors.ts";
import { googleKey, isGoogleKey } from "../../google/google_key.ts";
import { type GoogleTokens, googleTokens } from "../../google/google_token.ts";
import type { Network } from "../../http/network.ts";
import { oauthTokens } from "../../oauth/oauth_tokens.ts";
import type { Credential } from "../../option_value.ts";
import { environmentName } from "../../read_options.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import type { GdriveOptions } from "./gdrive_options.ts";

/** All files of a user: with less, jcs would see only what it has made itself. */
const SCOPE = "https://www.googleapis.com/auth/drive";
const TOKEN_URL = "https://oauth2.googleapis.com/token";

/** Gives requests their header `Authorization`. */
export type GdriveTokens = GoogleTokens;

/** The tokens for the credential of a connection: a login with OAuth, or one of Google's own keys, whichever it holds. Talks to nobody. Throws `Config` for
 *  what cannot be found or read, `Usage` for what does not belong together. */
export async function gdriveTokens(
  info: StoreInfo,
  source: {
    readonly options: GdriveOptions;
    readonly environment: OpenContext["environment"];
    readonly network: Network;
  },
): Promise<GdriveTokens> {
  const { options, environment, network } = source;
  const { credential, impersonate: subject } = options;
  if (await isLogin(info, credential, environment)) {
    if (subject !== undefined) throw noServiceAccount();
    const provider = {
      name: "Google",
      tokenUrl: options.token_url ?? TOKEN_URL,
      clientId: options.client_id,
      clientSecret: options.client_secret,
      rcloneName: "drive",
    };
    return await oauthTokens(info, { credential, provider, environment, network });
  }
  const key = await googleKey(info.service, { credential, environment });
  if (subject !== undefined && key.kind !== "service account") throw noServiceAccount();
  return googleTokens(info, key, { scope: SCOPE, subject, network });
}

async function isLogin(
  info: StoreInfo,
  credential: Credential | undefined,
  environment: OpenContext["environment"],
): Promise<boolean> {
  switch (credential?.kind) {
    case "file": {
      const path = credential.path.replace(/^~(?=\/)/, homedir());
      // Whoever reads it says what is wrong with it.
      return !isGoogleKey(await readFile(path, "utf8").catch(() => ""));
    }
    case "base64":
      return !isGoogleKey(Buffer.from(credential.content).toString("utf8"));
    case "env":
    case undefined:
      return Boolean(environment[environmentName(info.service, "token")]);
    case "apikey":
    case "hmac":
    case "basic":
      return false;
  }
}

function noServiceAccount(): JcsError {
  const state = 'option "impersonate" needs the JSON key of a service account as the credential';
  return new JcsError("Usage", `Cannot open a space of service "gdrive": ${state}`);
}
