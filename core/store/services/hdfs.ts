import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { HDFS_OPTIONS } from "./hdfs/hdfs_options.ts";

/** Directories of Hadoop's file system, over WebHDFS (or HttpFS). */
export const hdfs: Service = {
  name: "hdfs",
  summary: "a directory of Hadoop's HDFS, over WebHDFS",
  examples: ["hdfs://namenode:9870/user/me?user=me", "hdfs://namenode:9871/data?tls&delegation=TOKEN"],
  options: HDFS_OPTIONS,
  async open(connection, context) {
    const { environment } = context;
    const options = readOptions(HDFS_OPTIONS, { ...connection, environment });
    const { openHdfsStore } = await import("./hdfs/hdfs_store.ts");
    return openHdfsStore(connection, { options, context });
  },
};
