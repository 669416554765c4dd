import { formatAddress } from "../catalog/address.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { ListEntry, ListRequest } from "../client.ts";
import { JcsError } from "../errors.ts";
import { CATALOG_PAGE_ROWS } from "../limits.ts";

/** Lists what is below a prefix, page by page, in order of UTF-8 bytes. Throws `NotFound` when there is no such package. */
export async function* listObjects(
  catalog: Catalog,
  request: ListRequest,
): AsyncGenerator<ListEntry, void, undefined> {
  const { bucket, package: name } = request.package;
  const packages = await catalog.names.listPackages(bucket);
  if (!packages.some((found) => found.name === name)) {
    const text = formatAddress(request.package);
    throw new JcsError("NotFound", `Cannot list "${text}": there is no such package`, {
      where: { object: text },
    });
  }
  const limit = CATALOG_PAGE_ROWS;
  const { prefix = "", delimited = false } = request;
  let { after } = request;
  for (;;) {
    const query = { package: request.package, prefix, limit, ...(after === undefined ? {} : { after }) };
    const page = delimited ? await levelOf(catalog, query) : await pageOf(catalog, query);
    yield* page;
    const last = page.at(-1);
    if (page.length < limit || !last) return;
    after = last.type === "prefix" ? last.path : last.object.address.path;
  }
}

async function levelOf(
  catalog: Catalog,
  query: Parameters<Catalog["objects"]["level"]>[0],
): Promise<readonly ListEntry[]> {
  const entries = await catalog.objects.level(query);
  return entries.map((entry) =>
    "prefix" in entry ? { type: "prefix", path: entry.prefix } : { type: "object", object: entry.object },
  );
}

async function pageOf(
  catalog: Catalog,
  query: Parameters<Catalog["objects"]["page"]>[0],
): Promise<readonly ListEntry[]> {
  return (await catalog.objects.page(query)).map((object) => ({ type: "object", object }));
}
