import { assert } from "../assert.ts";
import { CATALOG_PAGE_ROWS } from "../limits.ts";

/** Stops a caller that asks for a page of no rows, or of more than {@link CATALOG_PAGE_ROWS}. */
export function requireLimit(limit: number): void {
  assert(
    Number.isInteger(limit) && limit >= 1 && limit <= CATALOG_PAGE_ROWS,
    `a page has 1 to ${CATALOG_PAGE_ROWS} rows, not ${limit}`,
  );
}
