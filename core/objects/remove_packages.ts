import type { Catalog, PackageAddress } from "../catalog/catalog.ts";
import { isKind } from "../errors.ts";
import { CATALOG_PAGE_ROWS } from "../limits.ts";

/** Removes a package with all objects in it, a page at a time. What is stored into it meanwhile is `ConditionFailed` in the end. */
export async function removePackage(
  catalog: Catalog,
  address: PackageAddress,
  now: () => Date,
): Promise<void> {
  for (;;) {
    const page = await catalog.objects.page({ package: address, limit: CATALOG_PAGE_ROWS });
    if (page.length === 0) break;
    for (const object of page)
      await catalog.objects.remove(object.address, now()).catch((error: unknown) => {
        // Somebody else was faster.
        if (!isKind(error, "NotFound")) throw error;
      });
  }
  await catalog.names.removePackage(address.bucket, address.package);
}

/** Removes a bucket with all its packages. */
export async function removeBucket(catalog: Catalog, bucket: string, now: () => Date): Promise<void> {
  for (const { name } of await catalog.names.listPackages(bucket))
    await removePackage(catalog, { bucket, package: name }, now);
  await catalog.names.removeBucket(bucket);
}
