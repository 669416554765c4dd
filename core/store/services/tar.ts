import type { Service } from "../service.ts";

/** Archives of tar that are files of this machine, to be read. */
export const tar: Service = {
  name: "tar",
  summary: "what is in a tar archive on this machine, to be read only",
  examples: ["tar:///srv/backup.tar"],
  options: [],
  async open(connection) {
    const { openArchiveStore } = await import("./archive/archive_store.ts");
    const { tarFormat } = await import("./archive/tar_format.ts");
    return openArchiveStore(connection, tarFormat);
  },
};
