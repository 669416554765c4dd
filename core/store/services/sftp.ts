import { type OptionValues, readOptions } from "../read_options.ts";
import type { Service, ServiceOption } from "../service.ts";

const OPTIONS = [
  {
    key: "user",
    type: "string",
    help: "login name; the one of this process ($USER) unless given here or in the credential",
  },
  {
    key: "credential",
    type: "credential",
    help: "basic:USER:PASSWORD, file:/PATH of a private key, base64: of a private key, or env for the agent; without it the agent ($SSH_AUTH_SOCK) and then the keys in ~/.ssh are tried",
  },
  { key: "passphrase", type: "string", secret: true, help: "passphrase of the private key" },
  {
    key: "host_key",
    type: "string",
    help: "fingerprint of the server's key, SHA256:…; or any, for no check, which trusts whoever answers",
  },
  {
    key: "known_hosts",
    type: "string",
    help: "file with the keys of known servers, instead of ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts",
  },
  {
    key: "connections",
    type: "integer",
    default: "4",
    help: "most connections to the server at the same time",
  },
  {
    key: "sync",
    type: "boolean",
    default: "true",
    help: "whether a write is on the server's disk when it is reported, where the server can tell (fsync@openssh.com)",
  },
] as const satisfies readonly ServiceOption[];

/** The values of the options of sftp. */
export type SftpOptions = OptionValues<typeof OPTIONS>;

/** A directory of a server that is reached by SSH. The directory must exist; jcs never makes it. */
export const sftp: Service = {
  name: "sftp",
  summary: "a directory of a server that is reached by SSH",
  examples: [
    "sftp://host.example.com/srv/space?user=backup&credential=file:/home/me/.ssh/id_ed25519",
    "sftp://host.example.com:2222/~/space?credential=basic:backup:PASSWORD",
  ],
  options: OPTIONS,
  async open(connection, { environment, prepared = false }) {
    const { openSftpStore } = await import("./sftp/sftp_store.ts");
    const options = readOptions(OPTIONS, { ...connection, environment });
    return await openSftpStore(connection, { ...options, environment, prepared });
  },
};
