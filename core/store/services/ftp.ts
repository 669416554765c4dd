import { type OptionValues, readOptions } from "../read_options.ts";
import type { Service, ServiceOption } from "../service.ts";

const OPTIONS = [
  {
    key: "credential",
    type: "credential",
    help: "basic:USER:PASSWORD; anonymous unless given",
  },
  {
    key: "connections",
    type: "integer",
    default: "8",
    help: "most connections to the server at the same time, 2 or more: every transfer takes one",
  },
] as const satisfies readonly ServiceOption[];

const TLS_OPTIONS = [
  ...OPTIONS,
  {
    key: "ca",
    type: "string",
    help: "file with the certificates (PEM) that the server's is checked against, instead of those of the system",
  },
  {
    key: "insecure",
    type: "boolean",
    default: "false",
    help: "do not check the server's certificate, which trusts whoever answers",
  },
  {
    key: "implicit",
    type: "boolean",
    default: "false",
    help: "TLS from the first byte on, as port 990 has it, instead of AUTH TLS",
  },
] as const satisfies readonly ServiceOption[];

/** The values of the options of ftp. */
export type FtpOptions = OptionValues<typeof OPTIONS>;

/** The values of the options that ftps has besides. */
export type FtpTlsOptions = OptionValues<typeof TLS_OPTIONS>;

/** A directory of an FTP server. Password and bytes go over the wire as they are. The directory must exist; jcs never makes it. */
export const ftp: Service = {
  name: "ftp",
  summary: "a directory of an FTP server, without encryption",
  examples: ["ftp://host.example.com/space?credential=basic:backup:PASSWORD"],
  options: OPTIONS,
  async open(connection, { environment, prepared = false }) {
    const { openFtpStore } = await import("./ftp/ftp_store.ts");
    const options = readOptions(OPTIONS, { ...connection, environment });
    return await openFtpStore(connection, { ...options, tls: undefined, prepared });
  },
};

/** A directory of an FTP server, control and data connections encrypted by TLS. */
export const ftps: Service = {
  name: "ftps",
  summary: "a directory of an FTP server, with TLS",
  examples: [
    "ftps://host.example.com/space?credential=basic:backup:PASSWORD",
    "ftps://host.example.com:2121/space?credential=basic:backup:PASSWORD&ca=/etc/ssl/my_ca.pem",
  ],
  options: TLS_OPTIONS,
  async open(connection, { environment, prepared = false }) {
    const { openFtpStore } = await import("./ftp/ftp_store.ts");
    const options = readOptions(TLS_OPTIONS, { ...connection, environment });
    return await openFtpStore(connection, { ...options, tls: options, prepared });
  },
};
