import type { ByteStream } from "./bytes/byte_stream.ts";
import type { SignedStep } from "./objects/sign_upload.ts";
import type {
  CallOptions,
  Capabilities,
  FetchOptions,
  ListOptions,
  ObjectMeta,
  ObjectStream,
  ReadOptions,
  SignedRequest,
  StoreInfo,
  WriteOptions,
} from "./store/store.ts";

/** A file of a space: its path from the space's work directory. */
export interface NativeAddress {
  readonly space: string;
  readonly path: string;
}

/** What a space is and can do. */
export interface NativeSpace {
  readonly info: StoreInfo;
  /** What it can do through the layers on top of its service. */
  readonly capabilities: Capabilities;
  /** What its service itself can do. */
  readonly native: Capabilities;
  /** With a path behind it, the same for the same file, whichever space leads there. May hold a secret: only to be compared. */
  readonly place: string;
}

/** How a file of a space is copied or moved. */
export interface NativeCopyOptions extends CallOptions {
  /** What a list said of the source: may spare a request. */
  readonly listed?: ObjectMeta;
  /** Fail with `AlreadyExists` when there is a file at the target: decided by the service as {@link WriteOptions.ifAbsent}, but a copy
   *  inside a service only looks just before. */
  readonly ifAbsent?: boolean;
  /** What the copy gets in place of the source's: it is then written anew, through this process. */
  readonly contentType?: string;
  readonly storageClass?: string;
  /** Told of the bytes that pass through this process, as they pass. */
  readonly onBytes?: (count: number) => void;
}

/** The files of spaces as their services show them. What lies below `jcs/` there, or below `jcs/` of a space whose directory lies inside, may be looked at, but
 *  neither written nor removed (`Usage`). */
export interface NativeClient {
  /** Opens a space and says what it is; `NotFound` when it is not configured. */
  about(space: string): Promise<NativeSpace>;
  stat(at: NativeAddress, options?: CallOptions): Promise<ObjectMeta>;
  read(at: NativeAddress, options?: ReadOptions): Promise<ObjectStream>;
  /** As `Store.list`. `withoutOwn`: passes over what belongs to jcs, unless it is a list of just that. */
  list(
    at: NativeAddress,
    options?: ListOptions & { readonly withoutOwn?: boolean },
  ): AsyncIterable<ObjectMeta>;
  /** Takes the body as `Store.write` does. A content type where there is none is `Unsupported`. */
  write(at: NativeAddress, body: Uint8Array | ByteStream, options?: WriteOptions): Promise<ObjectMeta>;
  remove(at: NativeAddress, options?: CallOptions): Promise<void>;
  /** Removes the directories at and below `at` that hold nothing; does nothing where directories are only prefixes of names. */
  removeDirectories(at: NativeAddress, options?: CallOptions): Promise<void>;
  /** Copies one file, replacing the target: inside the service where both are on one space that can, else through this process. */
  copy(
    source: NativeAddress,
    target: NativeAddress,
    options?: NativeCopyOptions,
  ): Promise<"inside" | "through">;
  /** As `copy`; the source goes once the target is complete, and stays, with `ConditionFailed`, when it was changed meanwhile. */
  move(
    source: NativeAddress,
    target: NativeAddress,
    options?: NativeCopyOptions,
  ): Promise<"inside" | "through">;
  /** Fetches a URL into a file, complete or not at all: by the service itself where it can, else through this process. */
  fetch(
    at: NativeAddress,
    url: string,
    options?: FetchOptions,
  ): Promise<{ readonly how: "inside" | "through"; readonly meta: ObjectMeta }>;
  /** Signs a request that anybody can make; `Unsupported` where the service cannot. */
  sign(
    operation: "read" | "write" | "remove",
    at: NativeAddress,
    options: { readonly expiresInSeconds: number; readonly size?: number },
  ): Promise<SignedRequest>;
  /** Signs all that somebody without credentials needs to upload a file in parts; begins the upload unless `uploadId` names one. */
  signUpload(
    at: NativeAddress,
    options: CallOptions & {
      readonly parts: number;
      readonly uploadId?: string;
      readonly expiresInSeconds: number;
    },
  ): AsyncIterable<SignedStep>;
}
