import { parseOptionValue } from "../option_value.ts";
import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { WEBDAV_OPTIONS } from "./webdav/webdav_options.ts";

/** Folders of servers that speak WebDAV: Nextcloud, ownCloud, Apache and many others. The folder must exist; jcs never makes it. */
export const webdav: Service = {
  name: "webdav",
  summary: "a folder of a WebDAV server, for example of Nextcloud or ownCloud",
  examples: [
    "webdav://host/folder?credential=basic:USER:PASSWORD",
    "webdav://nextcloud/remote.php/dav/files/USER/folder?endpoint=https:cloud.example.com:443&credential=env&upload_directory=/remote.php/dav/uploads/USER",
  ],
  options: WEBDAV_OPTIONS,
  rootOf(connection, { environment }) {
    const { endpoint } = readOptions(WEBDAV_OPTIONS, { ...connection, environment });
    return (endpoint ?? parseOptionValue("endpoint", `https:${connection.name}`))?.url ?? connection.name;
  },
  async open(connection, context) {
    const options = readOptions(WEBDAV_OPTIONS, { ...connection, environment: context.environment });
    const { openWebdavStore } = await import("./webdav/webdav_store.ts");
    return await openWebdavStore(connection, { options, context });
  },
};
