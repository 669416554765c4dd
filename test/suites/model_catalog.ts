import type { BlockRecord, ObjectAddress, UploadRecord } from "../../core/catalog/catalog.ts";
import { places } from "./catalog_samples.ts";

interface ModelObject {
  readonly generation: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The contract of the catalogue written as plainly as possible, for comparison: packages of bucket `b`, their objects, uploads and
 *  garbage. Every method gives the kind of error that the catalogue must end with, `undefined` for success. */
export class ModelCatalog {
  readonly packages = new Map<string, Map<string, ModelObject>>();
  readonly blocks = new Map<string, readonly BlockRecord[]>();
  readonly uploads = new Map<string, UploadRecord>();
  readonly garbage = new Map<string, number>();
  /** Every place that was ever announced and not cleared. */
  readonly written = new Set<string>();

  begin(upload: UploadRecord, ifAbsent: boolean): string | undefined {
    if (ifAbsent && this.#find(upload.address)) return "AlreadyExists";
    this.#ensure(upload.address.package);
    this.uploads.set(upload.generation, upload);
    for (const place of places(upload.blocks)) this.written.add(place);
    return undefined;
  }

  extend(generation: string, added: UploadRecord["blocks"], leaseUntil: Date): string | undefined {
    const upload = this.uploads.get(generation);
    if (upload === undefined) return "ConditionFailed";
    this.uploads.set(generation, { ...upload, blocks: [...upload.blocks, ...added], leaseUntil });
    for (const place of places(added)) this.written.add(place);
    return undefined;
  }

  commit(
    generation: string,
    blocks: readonly BlockRecord[],
    ifAbsent: boolean,
    at: number,
  ): string | undefined {
    const upload = this.uploads.get(generation);
    if (upload === undefined) return "ConditionFailed";
    const before = this.#find(upload.address);
    if (ifAbsent && before) return "AlreadyExists";
    this.blocks.set(generation, blocks);
    this.#ensure(upload.address.package).set(upload.address.path, {
      generation,
      createdAt: before?.createdAt ?? at,
      updatedAt: at,
    });
    const kept = new Set(places(blocks));
    for (const place of places(upload.blocks)) if (!kept.has(place)) this.garbage.set(place, at);
    this.uploads.delete(generation);
    this.#collect(at);
    return undefined;
  }

  abort(generation: string, at: number): string | undefined {
    for (const place of places(this.uploads.get(generation)?.blocks ?? [])) this.garbage.set(place, at);
    this.uploads.delete(generation);
    return undefined;
  }

  remove(address: ObjectAddress, at: number): string | undefined {
    if (!this.#find(address)) return "NotFound";
    this.packages.get(address.package)?.delete(address.path);
    this.#collect(at);
    return undefined;
  }

  transfer(
    operation: "move" | "copy",
    source: ObjectAddress,
    target: ObjectAddress,
    options: { readonly replace: boolean; readonly at: number },
  ): string | undefined {
    const moved = this.#find(source);
    const objects = this.packages.get(target.package);
    if (moved === undefined || objects === undefined) return "NotFound";
    const before = objects.get(target.path);
    if (before !== undefined && !options.replace) return "AlreadyExists";
    if (source.package === target.package && source.path === target.path) return undefined;
    const createdAt = operation === "move" ? moved.createdAt : (before?.createdAt ?? options.at);
    objects.set(target.path, { generation: moved.generation, createdAt, updatedAt: options.at });
    if (operation === "move") this.packages.get(source.package)?.delete(source.path);
    this.#collect(options.at);
    return undefined;
  }

  clone(source: string, target: string): string | undefined {
    const objects = this.packages.get(source);
    if (objects === undefined) return "NotFound";
    if (this.packages.has(target)) return "AlreadyExists";
    this.packages.set(target, new Map(objects));
    return undefined;
  }

  removePackage(name: string): string | undefined {
    const objects = this.packages.get(name);
    if (objects === undefined) return "NotFound";
    if (objects.size > 0) return "ConditionFailed";
    this.packages.delete(name);
    return undefined;
  }

  clear(cleared: readonly string[]): void {
    for (const place of cleared) {
      this.garbage.delete(place);
      this.written.delete(place);
    }
  }

  #find(address: ObjectAddress): ModelObject | undefined {
    return this.packages.get(address.package)?.get(address.path);
  }

  #ensure(name: string): Map<string, ModelObject> {
    const objects = this.packages.get(name) ?? new Map<string, ModelObject>();
    this.packages.set(name, objects);
    return objects;
  }

  /** What no object refers to any more is garbage. */
  #collect(at: number): void {
    const used = new Set(
      [...this.packages.values()].flatMap((objects) => [...objects.values()].map(generationOf)),
    );
    for (const [generation, blocks] of this.blocks) {
      if (used.has(generation)) continue;
      for (const place of places(blocks)) this.garbage.set(place, at);
      this.blocks.delete(generation);
    }
  }
}

function generationOf(object: ModelObject): string {
  return object.generation;
}
