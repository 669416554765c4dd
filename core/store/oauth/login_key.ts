import { createHash } from "node:crypto";
import { homedir } from "node:os";
import type { Credential } from "../option_value.ts";

/** Tells logins apart as far as that is possible without asking anybody: by where the token is, or else by a digest of it. The same account may have several;
 *  two accounts never share one. Holds no secret. */
export function loginKey(credential: Credential | undefined): string {
  switch (credential?.kind) {
    case undefined:
    case "env":
      return "env";
    case "file":
      return `file:${credential.path.replace(/^~(?=\/)/, homedir())}`;
    case "base64":
      return digest(credential.content);
    case "apikey":
    case "hmac":
    case "basic":
      return digest(JSON.stringify(credential));
  }
}

function digest(secret: Uint8Array | string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
