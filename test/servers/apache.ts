import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { openSync } from "node:fs";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { webdav } from "../../core/store/services/webdav.ts";
import type { Store } from "../../core/store/store.ts";
import { freePorts } from "./free_ports.ts";
import { noteProcess, sharedServer } from "./shared_server.ts";

const MODULES = "/usr/lib/apache2/modules";
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** A running Apache with mod_dav: the same files as WebDAV at /dav/ (with a password), and to read at /files/ and, with the password, at /secret/. */
export interface Apache {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where the files lie. */
  readonly root: string;
}

/** The server of this test run, started at its first use. */
export function apache(): Promise<Apache> {
  return sharedServer("apache", startApache);
}

/** Makes a new folder and returns its name. */
export async function createFolder(server: Apache): Promise<string> {
  const folder = `test-${randomUUID()}`;
  const answer = await fetch(`http://127.0.0.1:${server.port}/dav/${folder}`, {
    method: "MKCOL",
    headers: {
      authorization: `Basic ${Buffer.from(`${server.user}:${server.password}`).toString("base64")}`,
    },
  });
  if (answer.status !== 201) throw new Error(`Cannot make a folder: status ${answer.status}`);
  return folder;
}

/** Opens a folder of the server without layers, so that every failure of the service shows. */
export function openWebdav(place: {
  readonly server: Apache;
  readonly folder: string;
  /** A port in place of the server's own: that of a fault proxy. */
  readonly port?: number;
  readonly options?: Readonly<Record<string, string>>;
}): Promise<Store> {
  const { server, folder, port, options = {} } = place;
  return webdav.open(
    {
      service: "webdav",
      name: "apache",
      workDirectory: `/dav/${folder}/`,
      options: new Map(
        Object.entries({
          endpoint: `http:127.0.0.1:${port ?? server.port}`,
          credential: `basic:${server.user}:${server.password}`,
          ...options,
        }),
      ),
    },
    { environment: {} },
  );
}

async function startApache(directory: string): Promise<Apache> {
  const [port = 0] = await freePorts(1);
  const root = join(directory, "files");
  const user = "jcs";
  const password = "pass:word";
  await mkdir(root);
  const { stdout: hash } = await execa("openssl", ["passwd", "-apr1", password]);
  await writeFile(join(directory, "passwords"), `${user}:${hash}\n`);
  const config = join(directory, "apache.conf");
  await writeFile(config, apacheConfig(directory, { port, root }));
  if (process.getuid?.() === 0) {
    const { stdout: id } = await execa("id", ["-u", "www-data"]);
    for (const folder of [root, directory]) await chown(folder, Number(id), 0);
  }
  const log = openSync(join(directory, "apache.out"), "a");
  const child = spawn("/usr/sbin/apache2", ["-f", config, "-DFOREGROUND"], {
    stdio: ["ignore", log, log],
    detached: true,
    env: { PATH: process.env["PATH"] },
  });
  child.unref();
  if (child.pid === undefined) throw new Error("Cannot start apache2: it has no process");
  await noteProcess(directory, child.pid);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/files/`, {
      signal: AbortSignal.timeout(2000),
    }).catch(() => undefined);
    if (answer?.status === 200) return { port, user, password, root };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const said = await readFile(join(directory, "apache.out"), "utf8");
  throw new Error(`Cannot reach apache2 at port ${port}: it said ${said}`);
}

function apacheConfig(directory: string, { port, root }: { port: number; root: string }): string {
  const modules = [
    ...["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic"],
    ...["alias", "dir", "mime", "autoindex", "setenvif", "dav", "dav_fs"],
  ];
  return `ServerRoot "${directory}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${directory}/apache.pid"
DefaultRuntimeDir "${directory}"
Mutex file:${directory} default
ErrorLog "${directory}/error.log"
${modules.map((name) => `LoadModule ${name}_module "${MODULES}/mod_${name}.so"`).join("\n")}
User www-data
Group www-data
TypesConfig /etc/mime.types
DocumentRoot "${root}"
DavLockDB "${directory}/locks"
StartServers 1
ServerLimit 2
ThreadsPerChild 32
MaxRequestWorkers 64
KeepAliveTimeout 2
AllowEncodedSlashes NoDecode
Alias /dav "${root}"
Alias /files "${root}"
Alias /secret "${root}"
<Directory "${root}">
  Options Indexes
  IndexOptions FancyIndexing NameWidth=*
  IndexIgnoreReset ON
  IndexIgnore .davfs.tmp*
  Require all granted
</Directory>
<Location /dav>
  Dav On
  # Its own default is 1 GiB.
  LimitRequestBody 0
  DirectoryIndex disabled
  AuthType Basic
  AuthName jcs
  AuthUserFile "${directory}/passwords"
  Require valid-user
</Location>
<Location /secret>
  AuthType Basic
  AuthName jcs
  AuthUserFile "${directory}/passwords"
  Require valid-user
</Location>
`;
}
