import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerHostKeyAlgorithm } from "ssh2";
import type { JcsError } from "../../../errors.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { SftpOptions } from "../sftp.ts";
import { fingerprintOf, judgeHostKey, type KnownKeys, keyTypeOf, knownKeys } from "./known_hosts.ts";

/** How one connection checks that it reached the right server. */
export interface HostCheck {
  /** The algorithms whose keys are known, so that the server shows one of those; `undefined` where any will do. */
  readonly algorithms: ServerHostKeyAlgorithm[] | undefined;
  /** Why the key that the server shows is not accepted, or `undefined` when it is. */
  refusal(key: Uint8Array): JcsError | undefined;
}

/** The known hosts of this user and of the machine, as ssh has them. */
const SYSTEM_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts";

/** Prepares the check of the server's key: by fingerprint, or by the known_hosts files as they are now. Throws `Config` for a
 *  file that was named and cannot be read, `Usage` for an option that is no fingerprint. */
export async function hostCheck(
  info: StoreInfo,
  options: Pick<SftpOptions, "host_key" | "known_hosts"> & {
    readonly server: { readonly host: string; readonly port: number };
    readonly home: string | undefined;
  },
): Promise<HostCheck> {
  const { host_key: wanted, known_hosts: file, server, home } = options;
  const refuse = (state: string) => storeError(info, { kind: "PermissionDenied", operation: "open", state });
  if (wanted === "any") return { algorithms: undefined, refusal: () => undefined };
  if (wanted !== undefined) {
    if (!/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(wanted)) {
      const state = 'option "host_key" must be a fingerprint such as ssh-keygen -l shows (SHA256:…), or any';
      throw storeError(info, { kind: "Usage", operation: "open", state });
    }
    const fingerprint = wanted.replace(/=$/, "");
    return {
      algorithms: undefined,
      refusal(key) {
        const shown = fingerprintOf(key);
        if (shown === fingerprint) return undefined;
        return refuse(
          `the server's key is ${keyTypeOf(key)} ${shown} and not ${fingerprint}; it may be another server`,
        );
      },
    };
  }
  const files = file !== undefined ? [file] : defaultFiles(home);
  const texts = await Promise.all(files.map((path) => textOf(path, { info, isNamed: file !== undefined })));
  const known = knownKeys(texts.join("\n"), server);
  return {
    algorithms: algorithmsOf(known),
    refusal(key) {
      const shown = `${keyTypeOf(key)} ${fingerprintOf(key)}`;
      const name = server.port === 22 ? server.host : `[${server.host}]:${server.port}`;
      switch (judgeHostKey(key, known)) {
        case "known":
          return undefined;
        case "revoked":
          return refuse(`the server's key ${shown} is marked as revoked in ${files.join(" or ")}`);
        case "changed":
          return refuse(
            `the server's key has changed: it is ${shown} now, which is not in ${files.join(" or ")}; it may be another server. ` +
              `If the change is right, remove the old key with: ssh-keygen -R '${name}'`,
          );
        case "unknown":
          return refuse(
            `the server's key ${shown} is not known. Compare it with what the server's owner says, then add ` +
              `host_key=${fingerprintOf(key)} to the connection string, or its key to ${files[0]}`,
          );
      }
    },
  };
}

function defaultFiles(home: string | undefined): readonly string[] {
  return home === undefined ? [SYSTEM_KNOWN_HOSTS] : [join(home, ".ssh", "known_hosts"), SYSTEM_KNOWN_HOSTS];
}

async function textOf(
  path: string,
  { info, isNamed }: { readonly info: StoreInfo; readonly isNamed: boolean },
): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (!isNamed) return "";
    const state = `cannot read the known hosts in ${path}`;
    throw storeError(info, { kind: "Config", operation: "open", state, cause });
  }
}

const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** Without this a server with several keys might show one that is not known, and look like another server. */
function algorithmsOf(known: KnownKeys): ServerHostKeyAlgorithm[] | undefined {
  const types = new Set(known.accepted.map(({ type }) => type));
  const algorithms = ALGORITHMS.filter((algorithm) =>
    types.has(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm),
  );
  return algorithms.length === 0 ? undefined : algorithms;
}
