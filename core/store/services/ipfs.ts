import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { IPFS_OPTIONS } from "./ipfs/ipfs_options.ts";

/** Folders in the mutable file system (MFS) of an IPFS node, through the RPC API of kubo. The folder must exist; jcs never makes it. */
export const ipfs: Service = {
  name: "ipfs",
  summary: "a folder in the files of an IPFS node (kubo 0.36 or later)",
  examples: ["ipfs:///jcs", "ipfs:///jcs?endpoint=https:node.example.com&credential=apikey:TOKEN"],
  options: IPFS_OPTIONS,
  async open(connection, context) {
    const options = readOptions(IPFS_OPTIONS, { ...connection, environment: context.environment });
    const { openIpfsStore } = await import("./ipfs/ipfs_store.ts");
    return await openIpfsStore(connection, { options, context });
  },
};
