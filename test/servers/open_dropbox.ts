import { dropbox } from "../../core/store/services/dropbox.ts";
import type { Store } from "../../core/store/store.ts";
import type { FakeDropbox } from "./fake_dropbox.ts";

/** A store without layers, so that every failure shows. */
export async function openDropbox(
  fake: FakeDropbox,
  options: Readonly<Record<string, string>> = {},
  workDirectory = "/x/",
): Promise<Store> {
  const all = {
    endpoint: `http:127.0.0.1:${fake.apiPort}`,
    content_endpoint: `http:127.0.0.1:${fake.contentPort}`,
    token_url: fake.tokenServer.url,
    part_size: "4MiB",
    credential: `base64:${Buffer.from(fake.login).toString("base64")}`,
    ...options,
  };
  const connection = { service: "dropbox", name: "", workDirectory, options: new Map(Object.entries(all)) };
  return await dropbox.open(connection, { environment: {} });
}
