import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { JcsError } from "../../../errors.ts";
import type { OpenContext } from "../../service.ts";
import type { AzblobOptions } from "./azblob_options.ts";

const FILE_BYTES_MAX = 64 * 1024;

/** How requests show who makes them. */
export type AzblobCredential =
  | { readonly kind: "key"; readonly account: string; readonly key: Uint8Array }
  /** `token` is the query of a shared access signature, without `?`. */
  | { readonly kind: "sas"; readonly account: string; readonly token: string }
  | { readonly kind: "anonymous"; readonly account: string };

/** The credential of a connection. Throws `Usage` for a kind that Azure does not know, `Config` for one that cannot be found or read. */
export async function azblobCredentials(
  options: AzblobOptions,
  { environment }: OpenContext,
): Promise<AzblobCredential> {
  const { credential, account = "" } = options;
  if (options.anonymous) return { kind: "anonymous", account };
  switch (credential?.kind) {
    case "hmac":
      return keyed(account || credential.accessKey, credential.secretKey);
    case "base64":
      return fromText(Buffer.from(credential.content).toString("utf8"), account);
    case "file": {
      const path = credential.path.replace(/^~(?=\/)/, homedir());
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        throw refused("Config", `credential=file:… cannot be read`, error);
      });
      if (text.length > FILE_BYTES_MAX) throw refused("Config", "credential=file:… names a file too long");
      return fromText(text, account);
    }
    case "env":
    case undefined:
      return fromEnvironment(environment, account);
    case "apikey":
    case "basic":
      throw refused(
        "Usage",
        `credential "${credential.kind}:…" is none of Azure's; use hmac:…, base64:…, file:… or env`,
      );
  }
}

function fromEnvironment(environment: OpenContext["environment"], account: string): AzblobCredential {
  const text = environment["AZURE_STORAGE_CONNECTION_STRING"];
  if (text) return fromText(text, account);
  const name = account || (environment["AZURE_STORAGE_ACCOUNT"] ?? "");
  const key = environment["AZURE_STORAGE_KEY"];
  const token = environment["AZURE_STORAGE_SAS_TOKEN"];
  if (key && name) return keyed(name, key);
  if (token) return fromText(token, name);
  const names = "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY";
  throw refused("Config", `no credential was found; set ${names}, or add credential=… or anonymous=true`);
}

/** A SAS token, or one of Azure's own connection strings (`AccountName=…;AccountKey=…`). */
function fromText(given: string, account: string): AzblobCredential {
  const text = given.trim();
  if (/(?:^|;)(?:AccountName|SharedAccessSignature)=/i.test(text)) {
    const fields = new Map(
      text.split(";").map((field) => {
        const equals = field.indexOf("=");
        return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim()] as const;
      }),
    );
    const name = account || (fields.get("accountname") ?? "");
    const key = fields.get("accountkey");
    const token = fields.get("sharedaccesssignature");
    if (key) return keyed(name, key);
    if (token) return fromText(token, name);
  }
  const token = text.replace(/^\?/, "");
  if (/(?:^|&)sig=/.test(token) && /^[\x21-\x7e]+$/.test(token)) return { kind: "sas", account, token };
  throw refused("Config", "the credential is neither a SAS token nor a connection string of Azure");
}

function keyed(account: string, text: string): AzblobCredential {
  const key = Buffer.from(text, "base64");
  if (key.length < 16 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw refused("Config", "the account key is not in base64");
  }
  return { kind: "key", account, key };
}

function refused(kind: "Usage" | "Config", state: string, cause?: unknown): JcsError {
  return new JcsError(kind, `Cannot open a space of service "azblob": ${state}`, { cause });
}
