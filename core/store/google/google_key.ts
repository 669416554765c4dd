import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { JcsError } from "../../errors.ts";
import { parseJson } from "../http/http_json.ts";
import { isTokenUrl } from "../oauth/token_server.ts";
import type { Credential } from "../option_value.ts";
import type { OpenContext } from "../service.ts";

/** What requests are authorised with. */
export type GoogleKey =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | {
      readonly kind: "service account";
      readonly email: string;
      readonly privateKey: string;
      readonly keyId: string | undefined;
      readonly tokenUri: string;
    }
  | {
      readonly kind: "user";
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
      readonly tokenUri: string;
    };

const TOKEN_URI = "https://oauth2.googleapis.com/token";

/** Finds the key that a connection names. Talks to nobody. Throws `Config` where there is none, and for a file that holds something else. */
export async function googleKey(
  service: string,
  source: Pick<OpenContext, "environment"> & {
    readonly credential: Credential | undefined;
    /** Whether requests need no key. */
    readonly anonymous?: boolean;
  },
): Promise<GoogleKey> {
  const { credential, anonymous = false, environment } = source;
  if (anonymous) return { kind: "none" };
  const refused = (state: string) =>
    new JcsError("Config", `Cannot open a space of service "${service}": ${state}`);
  const token = environment["GOOGLE_OAUTH_ACCESS_TOKEN"] ?? environment["CLOUDSDK_AUTH_ACCESS_TOKEN"];
  const named = environment["GOOGLE_APPLICATION_CREDENTIALS"];
  switch (credential?.kind) {
    case "file":
      return await keyOfFile(credential.path, refused);
    case "base64":
      return keyOf(Buffer.from(credential.content).toString("utf8"), "option credential", refused);
    case "apikey":
      return { kind: "token", token: credential.key };
    case "env":
      if (token) return { kind: "token", token };
      if (named) return await keyOfFile(named, refused);
      throw refused(
        "credential=env needs GOOGLE_OAUTH_ACCESS_TOKEN or GOOGLE_APPLICATION_CREDENTIALS in the environment",
      );
    case undefined: {
      if (token) return { kind: "token", token };
      if (named) return await keyOfFile(named, refused);
      const home = environment["HOME"] ?? homedir();
      const folder = environment["CLOUDSDK_CONFIG"] ?? join(home, ".config", "gcloud");
      return await keyOfFile(join(folder, "application_default_credentials.json"), (state) =>
        refused(
          `${state}; add credential=file:/PATH of a key or token, or set GOOGLE_APPLICATION_CREDENTIALS`,
        ),
      );
    }
    case "hmac":
    case "basic":
      throw new JcsError(
        "Usage",
        `Cannot open a space of service "${service}": credential "${credential.kind}:…" is none of its own; use file:…, env or apikey:…`,
      );
  }
}

/** Whether the text is the JSON key of a service account or a user, as Google's own tools write it. */
export function isGoogleKey(text: string): boolean {
  const { type } = parseJson(text) ?? {};
  return type === "service_account" || type === "authorized_user";
}

type Refuse = (state: string) => JcsError;

async function keyOfFile(file: string, refused: Refuse): Promise<GoogleKey> {
  const path = file.replace(/^~(?=\/)/, homedir());
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw refused(`no credential was found: ${JSON.stringify(path)} cannot be read (${code})`);
  }
  return keyOf(text, JSON.stringify(path), refused);
}

/** The key in a JSON text. No message quotes any of it. */
function keyOf(text: string, place: string, refused: Refuse): GoogleKey {
  const fields = parseJson(text) ?? {};
  const field = (name: string): string => {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
    throw refused(`${place} holds no "${name}"`);
  };
  const given = fields["token_uri"];
  const tokenUri = typeof given === "string" && given !== "" ? given : TOKEN_URI;
  if (!isTokenUrl(tokenUri)) {
    throw refused(`the "token_uri" in ${place} must start with https://`);
  }
  if (fields["type"] === "service_account") {
    const keyId = fields["private_key_id"];
    return {
      kind: "service account",
      email: field("client_email"),
      privateKey: field("private_key"),
      keyId: typeof keyId === "string" ? keyId : undefined,
      tokenUri,
    };
  }
  if (fields["type"] === "authorized_user") {
    return {
      kind: "user",
      clientId: field("client_id"),
      clientSecret: field("client_secret"),
      refreshToken: field("refresh_token"),
      tokenUri,
    };
  }
  throw refused(`${place} is no JSON key of a service account or a user`);
}
