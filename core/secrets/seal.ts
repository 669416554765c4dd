import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { JcsError } from "../errors.ts";

const PREFIX = "sealed:v1:";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts a secret for the catalogue: `sealed:v1:` and base64url of nonce, ciphertext and tag, by AES-256-GCM with a fresh nonce.
 *
 *  Requires a key of 32 bytes, see {@link openSecretKey}. */
export function seal(text: string, key: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(PREFIX));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return PREFIX + sealed.toString("base64url");
}

/** Whether `text` was made by {@link seal}. */
export function isSealed(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The secret that {@link seal} encrypted.
 *
 *  Throws `Config` when it was sealed with another key, or changed: nothing of it is shown. */
export function unseal(sealed: string, key: Uint8Array): string {
  if (!isSealed(sealed)) {
    throw new JcsError(
      "Config",
      'Cannot open a secret: it does not start with "sealed:v1:". Was it written by a newer jcs?',
    );
  }
  const bytes = Buffer.from(sealed.slice(PREFIX.length), "base64url");
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(Math.max(NONCE_BYTES, bytes.length - TAG_BYTES));
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(PREFIX));
    decipher.setAuthTag(tag);
    const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // The cause is left out: what a cipher says about its input is no help, and may hold some of it.
    const state = "it was sealed with another key, or changed since";
    const hint =
      "Put back the secret.key of this $JCS_HOME from a copy, or add the space again with its credentials";
    throw new JcsError("Config", `Cannot open a secret: ${state}. ${hint}`);
  }
}
