/** One object in memory. Never changed once it is in a space: an overwrite puts another in its place. */
export interface MemoryObject {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
  readonly modifiedAt: Date;
  readonly etag: string;
  readonly contentType?: string;
  readonly contentDisposition?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Makes it a link without content: the path it leads to. */
  readonly linkTarget?: string;
}

/** The objects of one name, by path from the root of the space. */
export interface MemorySpace {
  readonly objects: Map<string, MemoryObject>;
  /** Sum of all sizes. */
  bytes: number;
  /** Tells one version from another. */
  versions: number;
}

const spaces = new Map<string, MemorySpace>();

/** The space of this name, the same for everybody in this process; made when it is first asked for. */
export function memorySpace(name: string): MemorySpace {
  let space = spaces.get(name);
  if (space === undefined) {
    space = { objects: new Map(), bytes: 0, versions: 0 };
    spaces.set(name, space);
  }
  return space;
}

/** Puts an object at `path`, or takes away the one that is there. */
export function setObject(space: MemorySpace, path: string, object: MemoryObject | undefined): void {
  space.bytes += (object?.size ?? 0) - (space.objects.get(path)?.size ?? 0);
  if (object === undefined) space.objects.delete(path);
  else space.objects.set(path, object);
}
