import { access, mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { CERTIFICATE_FILES, type CertificateFile } from "../../core/certificates/certificate_files.ts";
import { issueCertificates } from "../../core/certificates/issue_certificates.ts";
import type { Config } from "../../core/config/config_schema.ts";
import { formatConfig } from "../../core/config/format_config.ts";
import { hasPassword } from "../../core/config/load_config.ts";
import { parseConfig } from "../../core/config/parse_config.ts";
import { parseDatabaseUrl } from "../../core/config/parse_database_url.ts";
import { JcsError } from "../../core/errors.ts";
import { writeNewFile } from "../../core/write_new_file.ts";
import type { Edge } from "../command.ts";
import { type InitOptions, LISTEN_DEFAULT } from "./init_options.ts";

const CONFIG_FILE = "config.json";

const MEANINGS: Readonly<Record<CertificateFile, string>> = {
  authorityCertificate: "the authority that both sides trust",
  authorityKey: "its key: keep it apart, it is needed only to issue more certificates",
  serverCertificate: "the daemon's certificate",
  serverKey: "its key",
  clientCertificate: "a client's certificate",
  clientKey: "its key",
};

/** Writes the configuration and the certificates, and says what was written and what is next.
 *
 *  Throws `AlreadyExists` before anything is written when one of the files exists, unless `force`. */
export async function writeInit(edge: Edge, options: InitOptions): Promise<void> {
  const directory = resolve(edge.directory, options.dir ?? edge.home);
  const names = Object.entries(CERTIFICATE_FILES) as [CertificateFile, string][];
  const config = makeConfig(directory, options);
  if (options.force !== true)
    await refuseExisting(directory, [CONFIG_FILE, ...names.map(([, name]) => name)]);
  await mkdir(directory, { recursive: true, mode: 0o700 });

  const replace = options.force === true;
  const hosts = new Set(["localhost", "127.0.0.1", "::1", ...(options.host ?? [hostname()])]);
  const certificates = await issueCertificates({ hosts: [...hosts] });
  for (const [file, name] of names) {
    const path = join(directory, name);
    await writeNewFile(path, certificates[file], {
      mode: name.endsWith("_key.pem") ? 0o600 : 0o644,
      replace,
    });
    show(edge, path, MEANINGS[file]);
  }
  // Last: a configuration that is there is complete.
  const path = join(directory, CONFIG_FILE);
  await writeNewFile(path, formatConfig(config), { mode: hasPassword(config) ? 0o600 : 0o644, replace });
  show(edge, path, "the configuration");

  const use = path === join(edge.home, CONFIG_FILE) ? "jcs" : `jcs --config "${path}"`;
  edge.output.note(`\nNext: add the places to store in, for example\n  ${use} space add disk-a fs:///srv/a`);
}

function makeConfig(directory: string, options: InitOptions): Config {
  const db = options.db === undefined || options.db === "" ? undefined : parseDatabaseUrl(options.db);
  const at = (file: CertificateFile) => join(directory, CERTIFICATE_FILES[file]);
  const http = {
    listen: options.listen ?? LISTEN_DEFAULT,
    rootCA: at("authorityCertificate"),
    serverCert: at("serverCertificate"),
    serverKey: at("serverKey"),
    clientCerts: [at("clientCertificate")],
  };
  return parseConfig(JSON.stringify({ http, ...(db === undefined ? {} : { db }) }), CONFIG_FILE);
}

async function refuseExisting(directory: string, names: readonly string[]): Promise<void> {
  const existing: string[] = [];
  for (const name of names) {
    const isThere = await access(join(directory, name)).then(
      () => true,
      () => false,
    );
    if (isThere) existing.push(name);
  }
  if (existing.length === 0) return;
  const state = `${existing.join(", ")} exist already. Use --force to replace, or another --dir`;
  throw new JcsError("AlreadyExists", `Cannot write to "${directory}": ${state}`, {
    where: { path: directory },
  });
}

function show(edge: Edge, path: string, meaning: string): void {
  edge.output.result({ text: `${path}  ${meaning}`, json: { type: "file", path, meaning } });
}
