import { assert } from "../assert.ts";
import { JcsError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { findService, SERVICES } from "./all.ts";
import { LAYER_OPTIONS } from "./layers/layer_options.ts";
import { normalizePrefix } from "./normalize_path.ts";
import { isSecretValue, OPTION_FORMS, parseOptionValue } from "./option_value.ts";
import type { Service, ServiceOption } from "./service.ts";

/** A connection string, taken apart: `<service>://[name][/work/directory][?key=value&…]`.
 *
 *  There is no escaping: `&` cannot stand in a value. A key without `=` means `true`; of a key that stands twice the first counts. */
export interface Connection {
  readonly service: string;
  /** The bucket, host or share; empty where the service has none. Holds no `/`. */
  readonly name: string;
  /** Starts and ends with `/`. */
  readonly workDirectory: string;
  readonly options: ReadonlyMap<string, string>;
  /** The space that it is of, where that is known: not in the text. */
  readonly space?: string | undefined;
}

/** Takes a connection string apart and checks service, keys and the form of every value. Opens nothing.
 *
 *  Throws `Usage` that names the way out (the services or options there are), `Config` for a secret that is still sealed. No message
 *  holds a secret. */
export function parseConnection(text: string): Connection {
  const parts = splitConnection(text);
  if (parts === undefined) {
    throw new JcsError(
      "Usage",
      "Cannot open a space: its connection string must have the form SERVICE://NAME/DIRECTORY?OPTION=VALUE, for example " +
        `${SERVICES[0]?.examples[0]} or s3://bucket/folder?region=eu-1; "jcs space services" shows one of each service`,
    );
  }
  const refuse = (state: string) =>
    new JcsError("Usage", `Cannot open ${JSON.stringify(redact(text))}: ${state}`);
  const service = findService(parts.service);
  if (service === undefined) {
    const names = SERVICES.map((known) => known.name);
    throw refuse(`unknown service ${notOneOf(parts.service, { names, what: "services" })}`);
  }
  const options = new Map<string, string>();
  let secretBefore: string | undefined;
  for (const { key, value } of parts.parameters) {
    const option = optionOf(service, key);
    if (option === undefined) {
      // What follows a secret may be the rest of it.
      if (secretBefore !== undefined) {
        throw refuse(`unknown option after "${secretBefore}"; a value cannot hold "&"`);
      }
      const names = [...service.options, ...LAYER_OPTIONS].map((known) => known.key);
      throw refuse(`unknown option ${notOneOf(key, { names, what: "options" })}`);
    }
    if (isSecretValue(option, value)) secretBefore = key;
    if (options.has(key)) continue;
    if (value.startsWith("sealed:") && isSecretValue(option, value)) {
      const state = `option "${key}" is still sealed`;
      throw new JcsError("Config", `Cannot open ${JSON.stringify(redact(text))}: ${state}`);
    }
    if (parseOptionValue(option.type, value) === undefined) {
      throw refuse(`option "${key}" must be ${OPTION_FORMS[option.type]}`);
    }
    options.set(key, value);
  }
  if (/[\s\0@]/.test(parts.name)) {
    throw refuse(`the name cannot hold a space or "@"; credentials stand in an option`);
  }
  const directory = normalizePrefix(parts.directory.replace(/^[/\\]/, ""), "/");
  const workDirectory = directory === "" ? "/" : `/${directory}/`;
  return { service: service.name, name: parts.name, workDirectory, options };
}

/** The word, what was perhaps meant, and what there is. */
function notOneOf(word: string, known: { readonly names: readonly string[]; readonly what: string }): string {
  const meant = nearest(word, known.names);
  const hint = meant === undefined ? ";" : `; did you mean "${meant}"?`;
  return `${JSON.stringify(word)}${hint} the ${known.what} are ${known.names.join(", ")}`;
}

/** The text that {@link parseConnection} reads as this connection. Holds its secrets. */
export function formatConnection(connection: Connection): string {
  const { service, name, workDirectory, options } = connection;
  const query = [...options].map(([key, value]) => `${key}=${value}`).join("&");
  return `${service}://${name}${workDirectory.slice(0, -1)}${query === "" ? "" : `?${query}`}`;
}

/** The connection string with `***` for everything that is or may be secret. Takes any text, also one that cannot be read: what has
 *  no place in the grammar counts as secret. */
export function redact(text: string): string {
  const parts = splitConnection(text);
  if (parts === undefined) return "***";
  const service = findService(parts.service);
  let secretBefore = false;
  const shown = parts.parameters.map(({ key, value, raw }) => {
    const option = service === undefined ? undefined : optionOf(service, key);
    if (option === undefined) return secretBefore ? "***" : raw === key ? key : `${key}=***`;
    if (!isSecretValue(option, value)) return raw.replace(/=.*@/s, "=***@");
    secretBefore = true;
    return `${key}=***`;
  });
  const place = redactPlace(parts);
  return `${parts.service}://${place}${shown.length === 0 ? "" : `?${shown.join("&")}`}`;
}

/** The connection string with `change(value, option)` in place of every secret: how secrets are sealed and unsealed.
 *
 *  References (`env`, `file:/path`) are no secrets and stay. Requires: the new value holds no `&`. A text that is no connection string
 *  or names no known service is `Usage`, since its secrets cannot be told. */
export function mapSecrets(text: string, change: (value: string, option: ServiceOption) => string): string {
  const parts = splitConnection(text);
  const service = parts === undefined ? undefined : findService(parts.service);
  if (parts === undefined || service === undefined) {
    throw new JcsError(
      "Usage",
      `Cannot find the secrets of ${JSON.stringify(redact(text))}: unknown service`,
    );
  }
  const changed = parts.parameters.map(({ key, value, raw }) => {
    const option = optionOf(service, key);
    if (option === undefined || !isSecretValue(option, value)) return raw;
    const next = change(value, option);
    assert(!next.includes("&"), "a value of a connection string holds no &");
    return `${key}=${next}`;
  });
  const place = `${parts.service}://${parts.name}${parts.directory}`;
  return changed.length === 0 ? place : `${place}?${changed.join("&")}`;
}

/** Credentials before an `@` are no part of the grammar, but people write them. */
function redactPlace({ name, directory }: Parts): string {
  if (name.includes("@") || (name.includes(":") && directory.includes("@"))) {
    return (name + directory).replace(/^.*@/s, "***@");
  }
  return /:(?!\d{1,5}$)/.test(name) ? `***${directory}` : name + directory;
}

interface Parts {
  readonly service: string;
  readonly name: string;
  readonly directory: string;
  readonly parameters: readonly { readonly key: string; readonly value: string; readonly raw: string }[];
}

/** Cuts the text at its delimiters and judges nothing but the service's spelling. */
function splitConnection(given: string): Parts | undefined {
  const text = findService(/^[a-z][a-z0-9+-]*(?=:)/.exec(given)?.[0] ?? "")?.respell?.(given) ?? given;
  const match = /^([a-z][a-z0-9+-]*):\/\/([^/\\?]*)([^?]*)(?:\?(.*))?$/s.exec(text);
  if (match === null) return undefined;
  const [, service = "", name = "", directory = "", query = ""] = match;
  const parameters = query
    .split("&")
    .filter((raw) => raw !== "")
    .map((raw) => {
      const equals = raw.indexOf("=");
      return equals === -1
        ? { key: raw, value: "true", raw }
        : { key: raw.slice(0, equals), value: raw.slice(equals + 1), raw };
    });
  return { service, name, directory, parameters };
}

function optionOf(service: Service, key: string): ServiceOption | undefined {
  return [...service.options, ...LAYER_OPTIONS].find((option) => option.key === key);
}
