import { parseAddress } from "../../core/catalog/address.ts";
import type { Client, PutRequest } from "../../core/client.ts";

/** Stores an object called `name`, which holds its own name unless `content` is given. */
export async function storeObject(
  client: Client,
  name: string,
  options: { readonly content?: string; readonly modifiedAt?: Date } & Pick<
    PutRequest,
    "scheme" | "spaces"
  > = {},
): Promise<void> {
  const { content = name, modifiedAt, ...rest } = options;
  const address = parseAddress(name);
  if (address.kind !== "object") throw new Error(`${name} names no object`);
  const bytes = Buffer.from(content);
  async function* body() {
    if (bytes.length > 0) yield bytes;
  }
  await client.put({
    ...rest,
    address: { bucket: address.bucket, package: address.package, path: address.path },
    source: {
      size: bytes.length,
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
      open: body,
      reopenable: true,
    },
  });
}
