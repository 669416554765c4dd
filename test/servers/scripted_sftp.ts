import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import ssh2, { type Connection, type FileEntry, type ServerChannel, type SFTPWrapper } from "ssh2";

/** What the server does instead of what it should; what is left out it does as any other. */
export interface SftpScript {
  /** The bytes of the file `a` that are there, whatever its length is said to be. */
  readonly readableBytes?: number;
  /** The time of the file `a`, in seconds. */
  readonly modifiedAtSeconds?: number;
  /** The next names of the directory, or `undefined` after the last. */
  readonly names?: () => readonly string[] | undefined;
  /** The status of the write that begins at `offset`, instead of 0. */
  readonly write?: (offset: number) => number;
  /** Speaks on the channel in place of SFTP. */
  readonly channel?: (channel: ServerChannel) => void;
}

/** A server of SFTP in this process, which does what no real one can be made to do. It lets everybody in. */
export interface ScriptedSftp {
  readonly port: number;
  /** `SHA256:…` of the key that the server has at the beginning. */
  readonly fingerprint: string;
  /** The files, by absolute path; `/space` is a directory. */
  readonly files: Map<string, Uint8Array>;
  script: SftpScript;
  /** Gives the server another key and ends its connections. */
  changeKey(): void;
  openConnections(): number;
  close(): Promise<void>;
}

const ROOT = "/space";
const FILE_MODE = 0o100644;
const DIRECTORY_MODE = 0o040755;
const { STATUS_CODE } = ssh2.utils.sftp;

/** Starts the server. */
export async function startScriptedSftp(): Promise<ScriptedSftp> {
  const sockets = new Set<Socket>();
  const key = ssh2.utils.generateKeyPairSync("ed25519");
  const serverOf = (hostKey: string) =>
    new ssh2.Server({ hostKeys: [hostKey] }, (client) => serve(client, server));
  let current = serverOf(key.private);
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    current.injectSocket(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const blob = Buffer.from(key.public.split(" ")[1] ?? "", "base64");
  const server: ScriptedSftp = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    fingerprint: `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`,
    files: new Map(),
    script: {},
    changeKey() {
      current = serverOf(ssh2.utils.generateKeyPairSync("ed25519").private);
      for (const socket of sockets) socket.destroy();
    },
    openConnections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}

function serve(client: Connection, server: ScriptedSftp): void {
  client.on("error", () => {});
  client.on("authentication", (attempt) => attempt.accept());
  client.on("session", (accept) => {
    const session = accept();
    const { channel } = server.script;
    if (channel === undefined) session.on("sftp", (start) => serveFiles(start(), server));
    else session.on("subsystem", (start: () => ServerChannel) => channel(start()));
  });
}

function serveFiles(sftp: SFTPWrapper, server: ScriptedSftp): void {
  const handles: string[] = [];
  let listed = false;
  const pathOf = (handle: Buffer) => handles[handle[0] ?? 0] ?? "";
  const attributesOf = (path: string) => {
    const time = server.script.modifiedAtSeconds ?? 1_700_000_000;
    const size = server.files.get(path)?.length ?? 0;
    const mode = path === ROOT ? DIRECTORY_MODE : FILE_MODE;
    return { mode, uid: 0, gid: 0, size, atime: time, mtime: time };
  };
  const isThere = (path: string) => path === ROOT || server.files.has(path);
  const absent = (id: number) => sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
  const open = (id: number, path: string) => sftp.handle(id, Buffer.from([handles.push(path) - 1]));
  const tell = (id: number, path: string) =>
    isThere(path) ? sftp.attrs(id, attributesOf(path)) : absent(id);
  sftp.on("error", () => {});
  sftp.on("STAT", tell);
  sftp.on("LSTAT", tell);
  sftp.on("FSTAT", (id, handle) => tell(id, pathOf(handle)));
  sftp.on("OPEN", (id, path, flags) => {
    if ((flags & ssh2.utils.sftp.OPEN_MODE.CREAT) !== 0) server.files.set(path, new Uint8Array());
    if (isThere(path)) open(id, path);
    else absent(id);
  });
  sftp.on("READ", (id, handle, offset, length) => {
    const bytes = server.files.get(pathOf(handle)) ?? new Uint8Array();
    const part = bytes.subarray(offset, Math.min(offset + length, server.script.readableBytes ?? Infinity));
    if (part.length === 0) sftp.status(id, STATUS_CODE.EOF);
    else sftp.data(id, Buffer.from(part));
  });
  sftp.on("WRITE", (id, handle, offset, data) => {
    const status = server.script.write?.(offset) ?? 0;
    const before = server.files.get(pathOf(handle)) ?? new Uint8Array();
    const after = Buffer.alloc(Math.max(before.length, offset + data.length));
    after.set(before);
    after.set(data, offset);
    if (status === 0) server.files.set(pathOf(handle), after);
    sftp.status(id, status);
  });
  sftp.on("CLOSE", (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on("REMOVE", (id, path) => {
    sftp.status(id, server.files.delete(path) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE);
  });
  sftp.on("RENAME", (id, source, target) => {
    const bytes = server.files.get(source);
    if (bytes === undefined || server.files.has(target)) return sftp.status(id, STATUS_CODE.FAILURE);
    server.files.delete(source);
    server.files.set(target, bytes);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on("OPENDIR", (id, path) => {
    listed = false;
    if (path === ROOT) open(id, path);
    else absent(id);
  });
  sftp.on("READDIR", (id) => {
    const all = Array.from(server.files.keys(), (path) => path.slice(ROOT.length + 1));
    const names = server.script.names === undefined ? (listed ? undefined : all) : server.script.names();
    listed = true;
    if (names === undefined) return sftp.status(id, STATUS_CODE.EOF);
    const entries = names.map((filename): FileEntry => {
      return { filename, longname: "", attrs: attributesOf(`${ROOT}/${filename}`) };
    });
    sftp.name(id, entries);
  });
}
