import type { Service } from "../service.ts";

/** Archives of zip that are files of this machine, to be read. */
export const zip: Service = {
  name: "zip",
  summary: "what is in a zip archive on this machine, to be read only",
  examples: ["zip:///srv/backup.zip"],
  options: [],
  async open(connection) {
    const { openArchiveStore } = await import("./archive/archive_store.ts");
    const { zipFormat } = await import("./archive/zip_format.ts");
    return openArchiveStore(connection, zipFormat);
  },
};
