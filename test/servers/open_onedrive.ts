import { onedrive } from "../../core/store/services/onedrive.ts";
import type { Store } from "../../core/store/store.ts";
import type { FakeOnedrive } from "./fake_onedrive.ts";

/** A store without layers, so that every failure shows. */
export async function openOnedrive(
  fake: FakeOnedrive,
  options: Readonly<Record<string, string>> = {},
  workDirectory = "/space/",
): Promise<Store> {
  const all = {
    endpoint: `http:127.0.0.1:${fake.port}`,
    token_url: fake.tokens.url,
    part_size: "320KiB",
    credential: `base64:${Buffer.from(fake.login).toString("base64")}`,
    ...options,
  };
  const connection = { service: "onedrive", name: "", workDirectory, options: new Map(Object.entries(all)) };
  return await onedrive.open(connection, { environment: {} });
}
