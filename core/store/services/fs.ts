import { readNetwork } from "../http/network.ts";
import { readOptions } from "../read_options.ts";
import type { Service, ServiceOption } from "../service.ts";

const OPTIONS = [
  {
    key: "sync",
    type: "boolean",
    default: "true",
    help: "whether a write is on the disk when it is reported; false only for what may be lost with the power",
  },
] as const satisfies readonly ServiceOption[];

/** A directory of this machine: a disk, a mounted share. The directory must exist; jcs never makes it. */
export const fs: Service = {
  name: "fs",
  summary: "a directory of this machine or of a mounted file system",
  examples: ["fs:///srv/disk1", "fs:///mnt/share/folder?concurrency=4"],
  options: OPTIONS,
  async open(connection, { environment, prepared = false }) {
    const { openFsStore } = await import("./fs/fs_store.ts");
    return await openFsStore(connection, {
      ...readOptions(OPTIONS, { ...connection, environment }),
      prepared,
      network: readNetwork({}, { environment }),
    });
  },
};
