import ssh2, { type Attributes, type FileEntryWithStats, type Stats } from "ssh2";
import type { SftpSession, SftpWait } from "./sftp_session.ts";

/** What a path or handle is opened for. */
export const OPEN = {
  read: ssh2.utils.sftp.OPEN_MODE.READ,
  change: ssh2.utils.sftp.OPEN_MODE.WRITE,
  append:
    ssh2.utils.sftp.OPEN_MODE.WRITE | ssh2.utils.sftp.OPEN_MODE.APPEND | ssh2.utils.sftp.OPEN_MODE.CREAT,
  create: ssh2.utils.sftp.OPEN_MODE.WRITE | ssh2.utils.sftp.OPEN_MODE.CREAT | ssh2.utils.sftp.OPEN_MODE.EXCL,
} as const;

/** The protocol's requests, one function each. Paths are the server's. */
export interface SftpRequests {
  open(path: string, mode: number): Promise<Buffer>;
  close(handle: Buffer): Promise<void>;
  stat(path: string): Promise<Attributes>;
  lstat(path: string): Promise<Attributes>;
  fstat(handle: Buffer): Promise<Attributes>;
  remove(path: string): Promise<void>;
  removeDirectory(path: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  /** Fails where there is something at the target. */
  renameNew(source: string, target: string): Promise<void>;
  /** Replaces the target. Only with `posix-rename@openssh.com`. */
  renameOver(source: string, target: string): Promise<void>;
  /** Only with `hardlink@openssh.com`. */
  hardLink(source: string, target: string): Promise<void>;
  symbolicLink(text: string, path: string): Promise<void>;
  readLink(path: string): Promise<string>;
  openDirectory(path: string): Promise<Buffer>;
  /** The next entries, or `undefined` after the last. */
  readDirectory(handle: Buffer): Promise<readonly FileEntryWithStats[]>;
  /** Only with `fsync@openssh.com`. */
  sync(handle: Buffer): Promise<void>;
  /** Bytes that are free for this user, for the file system of `path`. Only with `statvfs@openssh.com`. */
  freeBytes(path: string): Promise<number>;
  /** Copies bytes from one open file to another. Only with `copy-data`. */
  copyData(
    source: Buffer,
    target: Buffer,
    range: { readonly offset: number; readonly length: number },
  ): Promise<void>;
}

/** The requests of one operation. Each ends as `wait` says. */
export function requestsOf(session: SftpSession, wait?: SftpWait): SftpRequests {
  const { sftp } = session;
  const ask = <T>(send: (done: (error: Error | null | undefined, value: T) => void) => void) =>
    session.ask<T>(send, wait);
  const tell = (send: (done: (error?: Error | null) => void) => void) =>
    session.ask<void>((done) => send((error) => done(error, undefined)), wait);
  return {
    open: (path, mode) => ask((done) => sftp.open(path, mode, done)),
    close: (handle) => tell((done) => sftp.close(handle, done)),
    stat: (path) => ask<Stats>((done) => sftp.stat(path, done)),
    lstat: (path) => ask<Stats>((done) => sftp.lstat(path, done)),
    fstat: (handle) => ask<Stats>((done) => sftp.fstat(handle, done)),
    remove: (path) => tell((done) => sftp.unlink(path, done)),
    removeDirectory: (path) => tell((done) => sftp.rmdir(path, done)),
    makeDirectory: (path) => tell((done) => sftp.mkdir(path, done)),
    renameNew: (source, target) => tell((done) => sftp.rename(source, target, done)),
    renameOver: (source, target) => tell((done) => sftp.ext_openssh_rename(source, target, done)),
    hardLink: (source, target) => tell((done) => sftp.ext_openssh_hardlink(source, target, done)),
    symbolicLink: (text, path) => tell((done) => sftp.symlink(text, path, done)),
    readLink: (path) => ask((done) => sftp.readlink(path, done)),
    openDirectory: (path) => ask((done) => sftp.opendir(path, done)),
    readDirectory: (handle) => ask((done) => sftp.readdir(handle, done)),
    sync: (handle) => tell((done) => sftp.ext_openssh_fsync(handle, done)),
    async freeBytes(path) {
      const found = await ask<VolumeStats>((done) =>
        sftp.ext_openssh_statvfs(path, (error, value) => done(error, value as unknown as VolumeStats)),
      );
      return found.f_bavail * found.f_frsize;
    },
    copyData: (source, target, { offset, length }) =>
      tell((done) =>
        (sftp as unknown as CopyData).ext_copy_data(source, offset, length, target, offset, done),
      ),
  };
}

interface VolumeStats {
  readonly f_bavail: number;
  readonly f_frsize: number;
}

/** What the library has and its types do not. */
interface CopyData {
  ext_copy_data(
    source: Buffer,
    sourceOffset: number,
    bytes: number,
    target: Buffer,
    targetOffset: number,
    done: (error?: Error | null) => void,
  ): void;
}
