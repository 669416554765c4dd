import { createHash, createHmac } from "node:crypto";

/** A public key of a server: its type, for example `ssh-ed25519`, and its bytes as they go over the wire. */
export interface HostKey {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What the known_hosts files say of one server. */
export interface KnownKeys {
  readonly accepted: readonly HostKey[];
  readonly revoked: readonly HostKey[];
}

/** What is to be thought of a key that a server shows. */
export type HostKeyVerdict = "known" | "unknown" | "changed" | "revoked";

/** Reads the keys of one server from the text of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): patterns, negations, hashed
 *  names and `@revoked` are understood; certificate authorities and lines that cannot be read are passed over. */
export function knownKeys(text: string, server: { readonly host: string; readonly port: number }): KnownKeys {
  const host = server.host.toLowerCase();
  const name = server.port === 22 ? host : `[${host}]:${server.port}`;
  const accepted: HostKey[] = [];
  const revoked: HostKey[] = [];
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
    const [names, type, key] = words;
    if (names === undefined || type === undefined || key === undefined || names.startsWith("#")) continue;
    if (marker !== undefined && marker !== "@revoked") continue;
    if (!matches(names, name)) continue;
    (marker === undefined ? accepted : revoked).push({ type, bytes: Buffer.from(key, "base64") });
  }
  return { accepted, revoked };
}

/** Judges the key that a server shows. */
export function judgeHostKey(shown: Uint8Array, known: KnownKeys): HostKeyVerdict {
  const isSame = (key: HostKey) => Buffer.compare(key.bytes, shown) === 0;
  if (known.revoked.some(isSame)) return "revoked";
  if (known.accepted.some(isSame)) return "known";
  return known.accepted.length > 0 ? "changed" : "unknown";
}

/** The fingerprint of a key as `ssh-keygen -l` shows it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type of a key that goes over the wire: its first string. */
export function keyTypeOf(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  return bytes.length < 4 ? "" : bytes.toString("latin1", 4, 4 + bytes.readUInt32BE(0));
}

function matches(names: string, name: string): boolean {
  if (names.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = names.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  let found = false;
  for (const pattern of names.toLowerCase().split(",")) {
    const isNegated = pattern.startsWith("!");
    if (!matchesPattern(isNegated ? pattern.slice(1) : pattern, name)) continue;
    if (isNegated) return false;
    found = true;
  }
  return found;
}

function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s").test(name);
}
