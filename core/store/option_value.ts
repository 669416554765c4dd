import { parseByteSize } from "../bytes/byte_size.ts";
import { parseDuration } from "../bytes/duration.ts";
import { JcsError } from "../errors.ts";
import type { ServiceOption } from "./service.ts";

/** Who the caller is to a service. `file` and `env` only say where the secret is; the service looks it up. */
export type Credential =
  | { readonly kind: "hmac"; readonly accessKey: string; readonly secretKey: string }
  | { readonly kind: "apikey"; readonly key: string }
  | { readonly kind: "basic"; readonly user: string; readonly password: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env" }
  | { readonly kind: "base64"; readonly content: Uint8Array };

/** Where a service listens. */
export interface Endpoint {
  readonly protocol: "http" | "https";
  /** Lower case; an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** All of it, for example `https://oss.example.com:443`, without a slash at the end. */
  readonly url: string;
}

/** The value that each type of option has when it was read: durations are milliseconds. */
export interface OptionTypes {
  readonly string: string;
  readonly boolean: boolean;
  readonly integer: number;
  readonly duration: number;
  readonly bytes: number;
  readonly credential: Credential;
  readonly endpoint: Endpoint;
}

/** What a value of each type looks like, for messages and help. */
export const OPTION_FORMS: Readonly<Record<ServiceOption["type"], string>> = {
  string: "text",
  boolean: "true or false",
  integer: "a whole number, 0 or more",
  duration: 'a duration such as "10s", "1m30s" or "7d"',
  bytes: 'a size such as "64KiB" or "50GiB"',
  credential:
    "hmac:ACCESS_KEY:SECRET_KEY, apikey:KEY, basic:USER:PASSWORD, base64:CONTENT, file:/PATH or env",
  endpoint: "http:HOST[:PORT] or https:HOST[:PORT], without a path",
};

const PARSERS: { readonly [Type in keyof OptionTypes]: (text: string) => OptionTypes[Type] | undefined } = {
  string: (text) => text,
  boolean: (text) => (text === "true" ? true : text === "false" ? false : undefined),
  integer: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
  duration: (text) => orUndefined(() => parseDuration(text)),
  bytes: (text) => orUndefined(() => parseByteSize(text)),
  credential: parseCredential,
  endpoint: parseEndpoint,
};

/** The value that `text` stands for, or `undefined` when it has not the form of the type (see {@link OPTION_FORMS}). */
export function parseOptionValue<Type extends keyof OptionTypes>(
  type: Type,
  text: string,
): OptionTypes[Type] | undefined {
  return PARSERS[type](text);
}

/** Whether this value of the option must never be shown. References to a secret (`env`, `file:`) are none. */
export function isSecretValue(option: ServiceOption, text: string): boolean {
  if (option.type === "credential") return text !== "env" && !text.startsWith("file:");
  return option.secret === true;
}

function parseCredential(text: string): Credential | undefined {
  if (text === "env") return { kind: "env" };
  const colon = text.indexOf(":");
  const kind = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  const second = rest.indexOf(":");
  const before = rest.slice(0, Math.max(second, 0));
  const after = rest.slice(second + 1);
  if (rest === "") return undefined;
  if (kind === "hmac" && before !== "" && after !== "") {
    return { kind, accessKey: before, secretKey: after };
  }
  if (kind === "basic" && before !== "") return { kind, user: before, password: after };
  if (kind === "apikey") return { kind, key: rest };
  if (kind === "file") return { kind, path: rest };
  if (kind === "base64" && /^[A-Za-z0-9+/]+={0,2}$/.test(rest)) {
    return { kind, content: new Uint8Array(Buffer.from(rest, "base64")) };
  }
  return undefined;
}

function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(https?):(?:\/\/)?([^/@?#\s]+)\/?$/i.exec(text);
  const protocol = match?.[1]?.toLowerCase() === "http" ? "http" : "https";
  const url = match === null ? null : URL.parse(`${protocol}://${match[2]}`);
  if (url === null || url.hostname === "") return undefined;
  const port = url.port === "" ? (protocol === "http" ? 80 : 443) : Number(url.port);
  return { protocol, host: url.hostname, port, url: `${protocol}://${url.hostname}:${port}` };
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof JcsError) return undefined;
    throw error;
  }
}
