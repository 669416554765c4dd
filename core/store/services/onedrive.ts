import { loginKey } from "../oauth/login_key.ts";
import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { ONEDRIVE_OPTIONS } from "./onedrive/onedrive_options.ts";

/** Folders of OneDrive and document libraries of SharePoint, over Microsoft Graph. */
export const onedrive: Service = {
  name: "onedrive",
  summary: "a folder of OneDrive or of a SharePoint library",
  examples: [
    "onedrive:///backup/jcs?credential=file:/home/me/onedrive.json",
    "onedrive:///jcs?credential=file:/home/me/onedrive.json&drive=b!DRIVE_ID&tenant=example.com",
    "onedrive:///jcs?credential=env&client_id=APP_ID",
  ],
  options: ONEDRIVE_OPTIONS,
  rootOf(connection, { environment }) {
    const { endpoint, drive, credential } = readOptions(ONEDRIVE_OPTIONS, { ...connection, environment });
    // One's own drive is whose the token is.
    return `${endpoint.url} ${drive ?? loginKey(credential)}`;
  },
  async open(connection, { environment }) {
    const options = readOptions(ONEDRIVE_OPTIONS, { ...connection, environment });
    const { openOnedriveStore } = await import("./onedrive/onedrive_store.ts");
    return await openOnedriveStore(connection, { options, environment });
  },
};
