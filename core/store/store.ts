import type { ByteStream } from "../bytes/byte_stream.ts";

/** What a service can do. Every difference between services is one of these, declared and tested. */
export interface Capabilities {
  /** Nothing can be changed: write and remove are `Unsupported`. False unless said otherwise. */
  readonly readOnly?: boolean;
  /** Reads may start anywhere and have any length. */
  readonly readRange: boolean;
  /** Writes may have a body of unknown length. */
  readonly writeUnknownSize: boolean;
  /** `ifAbsent` is decided by the service, atomically. */
  readonly writeIfAbsent: boolean;
  /** Objects keep user metadata (string to string). */
  readonly userMetadata: boolean;
  readonly contentType: boolean;
  /** `WriteOptions.contentDisposition` is kept. False unless said otherwise. */
  readonly contentDisposition?: boolean;
  /** Paths differ by letter case. */
  readonly caseSensitive: boolean;
  /** The service has real directories; otherwise a directory is a common prefix of names. */
  readonly directories: boolean;
  /** Empty directories are made and kept. As `directories` unless said otherwise: without these an object and a directory may have the same name all
   *  the same. */
  readonly makeDirectory?: boolean;
  /** `list` yields names in ascending order of their UTF-8 bytes. */
  readonly listSorted: boolean;
  readonly copy: boolean;
  readonly move: boolean;
  readonly append: boolean;
  /** Bytes in the middle of an object can be replaced. */
  readonly writeAt: boolean;
  /** `WriteOptions.storageClass` means something. */
  readonly storageClass: boolean;
  /** Which checksums `WriteOptions.checksum` may be; none unless said otherwise. Whether the server really looks at them, `space probe` finds out. */
  readonly checksums?: readonly Checksum["algorithm"][];
  readonly multipart: boolean;
  /** Who reads while an object is overwritten finds the old one or the new one. Where this is false there may be none for a moment; true unless
   *  said otherwise. */
  readonly overwriteAtomic?: boolean;
  readonly link: boolean;
  readonly sign: boolean;
  /** The requests of an upload in parts can be signed. False unless said otherwise. */
  readonly signMultipart?: boolean;
  readonly fetch: boolean;
  /** Longest path in UTF-8 bytes, work directory included. */
  readonly pathBytesMax: number;
  /** Longest single name between slashes, in UTF-8 bytes. */
  readonly nameBytesMax: number;
  /** Largest object; `Infinity` when there is no known bound. */
  readonly objectBytesMax: number;
}

/** Which store this is. */
export interface StoreInfo {
  /** The service, as in the connection string: `fs`, `s3`, … */
  readonly service: string;
  /** The bucket, host or share; empty where the service has none. */
  readonly name: string;
  /** The folder that all paths are relative to: starts and ends with `/`. */
  readonly workDirectory: string;
  /** The space that the store is opened as: how messages call it. */
  readonly space?: string | undefined;
  /** Bytes of one body that the service may have taken and not yet sent on (parts under way); a few chunks unless given. */
  readonly heldBytesMax?: number;
}

/** What is known about one object of a service. From `list`, only `path` and `kind` are sure to be there. */
export interface ObjectMeta {
  /** Relative to the work directory, `/` between names, none at the ends. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  readonly size?: number;
  readonly modifiedAt?: Date;
  /** The service's own tag for this content; compare for equality only. */
  readonly etag?: string;
  readonly contentType?: string;
  readonly contentDisposition?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly storageClass?: string;
  /** How the service encrypts it, where it says so: `AES256`, `aws:kms KEY`, `customer key AES256`, … */
  readonly encryption?: string;
  /** Of a link: what it leads to, as it was given. */
  readonly linkTarget?: string;
}

/** Options of every operation. */
export interface CallOptions {
  /** Ends the operation with `Cancelled`. */
  readonly signal?: AbortSignal;
  /** Which try of the operation it is, from 1: for figures and logs only, and no matter to a service. */
  readonly attempt?: number;
}

/** The bytes of one object, all of one version. A stream that was opened must be read to its end or cancelled (`return()`), also
 *  when nothing was read of it yet: it may hold a connection. */
export type ObjectStream = ByteStream & {
  /** The tag of the version that is read, where the service tells it. */
  readonly etag?: string;
};

/** Options of {@link Store.read}. */
export interface ReadOptions extends CallOptions {
  /** Read only this version: `ConditionFailed` when the object's tag is another by now. Ignored by services without tags. */
  readonly ifMatch?: string;
  /** First byte; 0 unless given. */
  readonly offset?: number;
  /** Number of bytes; to the end unless given. Fewer come only when the object ends earlier. */
  readonly length?: number;
}

/** A checksum of a whole body. */
export interface Checksum {
  readonly algorithm: "md5" | "crc32" | "sha256";
  /** As bytes, the most significant first. */
  readonly value: Uint8Array;
}

/** Options of {@link Store.write}. */
export interface WriteOptions extends CallOptions {
  /** Length of the body. A body that turns out shorter or longer is an error and leaves nothing. */
  readonly size?: number;
  /** Fail with `AlreadyExists` when there is an object at the path. */
  readonly ifAbsent?: boolean;
  /** Sent along, so that the service refuses other bytes (`Corrupt`) and keeps nothing of them; `Unsupported` without the capability, and for a body
   *  that does not go in one request. */
  readonly checksum?: Checksum;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /** What browsers shall do with it, for example `attachment; filename="a.txt"`, in printable ASCII (RFC 6266 has a form for other names); `Unsupported` without the
   *  capability. */
  readonly contentDisposition?: string;
  /** The service's own word, for example `STANDARD_IA`; `Unsupported` without the capability. */
  readonly storageClass?: string;
}

/** Options of {@link Store.list}. */
export interface ListOptions extends CallOptions {
  /** List only one level: what lies deeper shows as its directory. */
  readonly delimited?: boolean;
}

/** Options of {@link Store.fetch}. */
export interface FetchOptions extends CallOptions {
  /** Told now and then how many more bytes have arrived. */
  readonly onProgress?: (bytes: number) => void;
}

/** One page of an upload in parts. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
  readonly size: number;
}

/** An upload in parts, under way. Nothing is visible at the path until `complete`. */
export interface MultipartUpload {
  readonly id: string;
  /** Uploads part `number` (from 1). Parts may be uploaded at the same time and in any order. */
  part(
    number: number,
    body: Uint8Array | ByteStream,
    options: CallOptions & { readonly size: number },
  ): Promise<UploadedPart>;
  complete(parts: readonly UploadedPart[], options?: CallOptions): Promise<ObjectMeta>;
  /** Throws the parts away. Idempotent. */
  abort(options?: CallOptions): Promise<void>;
}

/** A signed request that anybody can make without credentials. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body to send, where it is known: with `{etag:N}` in place of what the header `ETag` said in the answer to part N. */
  readonly body?: string;
  readonly expiresAt: Date;
}

/** One request of an upload in parts. `uploadId` is the `id` of a {@link MultipartUpload}, or what the answer to `create` says. */
export type MultipartStep =
  | { readonly step: "create" }
  /** `size`: the length that the part must have, where the service can be told. */
  | { readonly step: "part"; readonly uploadId: string; readonly number: number; readonly size?: number }
  /** What parts there are so far. */
  | { readonly step: "list"; readonly uploadId: string }
  /** Makes the object of these parts, in the order of their numbers. */
  | { readonly step: "complete"; readonly uploadId: string; readonly numbers: readonly number[] }
  /** Throws the parts away. */
  | { readonly step: "abort"; readonly uploadId: string };

/** One place that keeps objects: a bucket, a directory, a server. The vendor-neutral contract of jcs.
 *
 *  Paths are relative to the work directory and normalised by {@link normalizePath}; one that would leave it is refused
 *  with `Usage`. Errors are {@link JcsError}s whose `retry` the service itself decided. A missing path is `NotFound`, a missing
 *  bucket or an unmounted root is `Unreachable`, refused credentials are `PermissionDenied`. All operations may run
 *  concurrently. Source of the model: go-storage (BeyondStorage) and Apache OpenDAL. */
export interface Store {
  readonly info: StoreInfo;
  /** What the service itself can do. */
  readonly native: Capabilities;
  /** What it can do through the layers on top of it. */
  readonly capabilities: Capabilities;
  /** What is at `path`; `NotFound` when nothing is. */
  stat(path: string, options?: CallOptions): Promise<ObjectMeta>;
  /** The bytes at `path`. Resolves when the service has answered, so that `NotFound` is thrown here and not mid-stream.
   *  An offset at or past the end gives an empty stream. The stream fails when it ends before the bytes promised. */
  read(path: string, options?: ReadOptions): Promise<ObjectStream>;
  /** Writes a whole object, replacing silently what was there. Complete or absent, never partial: when this throws, the old
   *  object is still there, or none. Durable when it resolves, as far as the service can promise it. A body that is not taken to
   *  its end is cancelled; its own failure is thrown as it is. Bytes are not kept: the caller may change them afterwards.
   *  A body of another length than `size` is `ConditionFailed`; metadata where there is no `userMetadata` is `Unsupported`. */
  write(path: string, body: Uint8Array | ByteStream, options?: WriteOptions): Promise<ObjectMeta>;
  /** Removes one object. Idempotent: a missing path is success. A directory is removed only when it is empty. */
  remove(path: string, options?: CallOptions): Promise<void>;
  /** Every object below the directory `prefix` (empty for all), without a stat per object and in flat memory. A missing prefix is
   *  an empty list. Directories show only with `delimited`. What is added or removed meanwhile may show or not. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta>;
  /** Copies inside the service, without the bytes passing here; replaces the target. */
  copy?(source: string, target: string, options?: CallOptions): Promise<void>;
  /** Renames inside the service; replaces the target. */
  move?(source: string, target: string, options?: CallOptions): Promise<void>;
  /** Adds bytes to the end of the object, which is made when there is none. An append that fails may have added a part. */
  append?(path: string, body: Uint8Array | ByteStream, options?: WriteOptions): Promise<ObjectMeta>;
  /** Replaces the bytes from `offset` on, which must not be past the end; the object grows when they go beyond it. */
  writeAt?(path: string, offset: number, bytes: Uint8Array, options?: CallOptions): Promise<void>;
  /** Makes a link at `path` that leads to `target`, another path of this store, which need not exist. Replaces a link; anything else there is
   *  `AlreadyExists`. */
  link?(path: string, target: string, options?: CallOptions): Promise<void>;
  /** Lets the service itself fetch `url` (http or https, anything else is `Usage`) into the object, which is complete or as it was. What the
   *  URL's server refuses has the kind that it would have of a space: `NotFound`, `PermissionDenied`, … No message holds more of the URL than its
   *  server's name: the rest may be a signature. */
  fetch?(path: string, url: string, options?: FetchOptions): Promise<ObjectMeta>;
  /** Starts an upload in parts. */
  multipart?(path: string, options?: WriteOptions): Promise<MultipartUpload>;
  makeDirectory?(path: string, options?: CallOptions): Promise<void>;
  /** Signs a request that reads, writes or removes `path` without credentials until it expires, which `expiresAt` says. `Unsupported` for what the service
   *  has no such requests for. */
  sign?(
    operation: "read" | "write" | "remove",
    path: string,
    options: { readonly expiresInSeconds: number; readonly size?: number },
  ): Promise<SignedRequest>;
  /** Signs one request of an upload in parts, so that anybody can upload them without credentials until it expires. `undefined` for a step that the service
   *  does not need: where nothing begins an upload, any 32 hexadecimal digits are an `uploadId`; where nothing ends one, parts that are not completed are
   *  forgotten. */
  signMultipart?(
    path: string,
    step: MultipartStep,
    options: { readonly expiresInSeconds: number },
  ): Promise<SignedRequest | undefined>;
  /** Makes a place fit to be a space, once, when it is added: leaves a mark by which a store that was opened as `prepared` knows
   *  an unmounted disk from an empty one. Idempotent. Creates nothing that its owner should have created: a missing bucket or
   *  root is `Unreachable`. Absent where the service cannot be mistaken for another. */
  prepare?(options?: CallOptions): Promise<void>;
  /** Forgets what is kept of an object beside the service: the next read asks the service, for example after damage was found. Absent where
   *  nothing is kept. */
  forget?(path: string): Promise<void>;
  /** Ends connections. Nothing may be called afterwards. */
  close(): Promise<void>;
}
