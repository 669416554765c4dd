import { loginKey } from "../oauth/login_key.ts";
import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { GDRIVE_OPTIONS } from "./gdrive/gdrive_options.ts";

/** Folders of Google Drive, over its own protocol (version 3). The folder must exist; jcs never makes it. */
export const gdrive: Service = {
  name: "gdrive",
  summary: "a folder of Google Drive or of a shared drive",
  examples: [
    "gdrive:///folder?credential=file:/home/me/token.json",
    "gdrive://SHARED_DRIVE_ID/folder?credential=file:/home/me/service-account.json",
    "gdrive:///?root_folder_id=FOLDER_ID&credential=env",
  ],
  options: GDRIVE_OPTIONS,
  rootOf(connection, { environment }) {
    const options = readOptions(GDRIVE_OPTIONS, { ...connection, environment });
    const top = options.root_folder_id ?? (connection.name || options.drive) ?? "root";
    // Everybody has a folder "root"; all others have one id for whoever sees them.
    const own = options.impersonate ?? loginKey(options.credential);
    return `${options.endpoint.url} ${top === "root" ? own : top}`;
  },
  async open(connection, { environment }) {
    const options = readOptions(GDRIVE_OPTIONS, { ...connection, environment });
    const { openGdriveStore } = await import("./gdrive/gdrive_store.ts");
    return await openGdriveStore(connection, { options, environment });
  },
};
