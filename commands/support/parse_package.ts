import { parseAddress } from "../../core/catalog/address.ts";
import type { PackageAddress } from "../../core/catalog/catalog.ts";
import { JcsError } from "../../core/errors.ts";
import { storedText } from "./stored_text.ts";

/** Reads `bucket/package`; throws `Usage` for anything else. */
export function parsePackage(text: string): PackageAddress {
  const address = parseAddress(storedText(text, "package"));
  if (address.kind === "package") return { bucket: address.bucket, package: address.package };
  throw new JcsError("Usage", `Cannot use ${JSON.stringify(text)} as a package: write bucket/package`);
}
