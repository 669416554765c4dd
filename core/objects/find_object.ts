import { formatAddress } from "../catalog/address.ts";
import type { Catalog, ObjectAddress, ObjectRecord } from "../catalog/catalog.ts";
import { JcsError } from "../errors.ts";

/** The object at an address. Throws `NotFound`. */
export async function findObject(catalog: Catalog, address: ObjectAddress): Promise<ObjectRecord> {
  const object = await catalog.objects.find(address);
  if (object) return object;
  const name = formatAddress(address);
  throw new JcsError("NotFound", `Cannot find "${name}": there is no such object`, {
    where: { object: name },
  });
}
