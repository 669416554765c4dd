import { loginKey } from "../oauth/login_key.ts";
import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { DROPBOX_OPTIONS } from "./dropbox/dropbox_options.ts";

/** A folder of a Dropbox, over its HTTP interface (version 2). */
export const dropbox: Service = {
  name: "dropbox",
  summary: "a Dropbox, or the folder of an app in one",
  examples: [
    "dropbox:///folder?credential=file:/home/me/dropbox.json&client_id=APP_KEY&client_secret=APP_SECRET",
    "dropbox:///folder?credential=env",
  ],
  options: DROPBOX_OPTIONS,
  rootOf(connection, { environment }) {
    const options = readOptions(DROPBOX_OPTIONS, { ...connection, environment });
    // A namespace of a team is the same for all its members.
    return `${options.endpoint.url} ${options.path_root ?? loginKey(options.credential)}`;
  },
  async open(connection, { environment }) {
    const options = readOptions(DROPBOX_OPTIONS, { ...connection, environment });
    const { openDropboxStore } = await import("./dropbox/dropbox_store.ts");
    return await openDropboxStore(connection, { options, environment });
  },
};
