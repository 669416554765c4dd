import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { JcsError } from "../errors.ts";
import { CERTIFICATE_FILES } from "./certificate_files.ts";

/** The files that a client of the daemon needs. */
export interface ClientCertificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Where to look. */
export interface FindCertificatesOptions {
  /** Files named on the command line: --ca, --cert, --key. They are taken as they are. */
  readonly given: Partial<ClientCertificates>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** The folder of the executable. */
  readonly programDirectory: string;
  readonly home: string;
}

const NAMES: ClientCertificates = {
  authority: CERTIFICATE_FILES.authorityCertificate,
  certificate: CERTIFICATE_FILES.clientCertificate,
  key: CERTIFICATE_FILES.clientKey,
};
const FLAGS: ClientCertificates = { authority: "--ca", certificate: "--cert", key: "--key" };

/** Finds the certificates for the daemon: those given by flags, the others together in the first folder that has them all, of
 *  $JCS_CERT_DIR, the working directory, the program's folder and $JCS_HOME. Files of different folders are never mixed: they would be of
 *  different authorities.
 *
 *  Throws `Config` listing every place tried and what is missing there. */
export async function findCertificates(options: FindCertificatesOptions): Promise<ClientCertificates> {
  const { given } = options;
  const roles = ["authority", "certificate", "key"] as const;
  const problems: string[] = [];
  for (const role of roles) {
    const path = given[role];
    if (path !== undefined && !(await isReadable(path)))
      problems.push(`${FLAGS[role]} "${path}": not readable`);
  }
  const wanted = roles.filter((role) => given[role] === undefined);
  if (problems.length === 0) {
    if (wanted.length === 0) return { ...NAMES, ...given };
    for (const { label, directory } of places(options)) {
      if (directory === undefined) {
        problems.push(`${label}: not set`);
        continue;
      }
      const found = Object.fromEntries(wanted.map((role) => [role, join(directory, NAMES[role])]));
      const missing: string[] = [];
      for (const role of wanted) if (!(await isReadable(found[role] ?? ""))) missing.push(NAMES[role]);
      if (missing.length === 0) return { ...NAMES, ...found, ...given };
      problems.push(`${label} "${directory}": no ${missing.join(", ")}`);
    }
  }
  const hint = "Name them with --ca, --cert and --key, or make them with jcs init";
  throw new JcsError(
    "Config",
    `Cannot find the certificates, looked in:\n  ${problems.join("\n  ")}\n${hint}`,
  );
}

function places(
  options: FindCertificatesOptions,
): { readonly label: string; readonly directory: string | undefined }[] {
  return [
    { label: "$JCS_CERT_DIR", directory: options.environment["JCS_CERT_DIR"] || undefined },
    { label: "the working directory", directory: options.directory },
    { label: "the program's folder", directory: options.programDirectory },
    { label: "$JCS_HOME", directory: options.home },
  ];
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
