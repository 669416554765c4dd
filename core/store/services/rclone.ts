import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { RCLONE_OPTIONS } from "./rclone/rclone_options.ts";

/** Everything that an rclone on this machine is configured for. */
export const rclone: Service = {
  name: "rclone",
  summary: "a remote of an rclone that is installed here, with any of its backends",
  examples: [
    "rclone://REMOTE/folder",
    "rclone:REMOTE:folder",
    "rclone://nas/srv/disk1?absolute=true&config=/home/me/rclone.conf",
  ],
  options: RCLONE_OPTIONS,
  respell(text) {
    const match = /^rclone:(?!\/\/)([^:/?&]+):([^?]*)(?:\?(.*))?$/s.exec(text);
    if (match === null) return undefined;
    const [, remote = "", path = "", query = ""] = match;
    const parameters = [...(path.startsWith("/") ? ["absolute=true"] : []), ...(query === "" ? [] : [query])];
    const place = `rclone://${remote}/${path.replace(/^\/+/, "")}`;
    return parameters.length === 0 ? place : `${place}?${parameters.join("&")}`;
  },
  async open(connection, { environment }) {
    const options = readOptions(RCLONE_OPTIONS, { ...connection, environment });
    const { openRcloneStore } = await import("./rclone/rclone_store.ts");
    return await openRcloneStore(connection, { options, environment });
  },
};
