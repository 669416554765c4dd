import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { AZBLOB_OPTIONS } from "./azblob/azblob_options.ts";

/** Containers of Azure Blob Storage. */
export const azblob: Service = {
  name: "azblob",
  summary: "a container of Azure Blob Storage",
  examples: [
    "azblob://container/folder?credential=hmac:ACCOUNT:KEY",
    "azblob://container?account=ACCOUNT&credential=file:/home/me/.azure/sas-token&access_tier=Cool",
  ],
  options: AZBLOB_OPTIONS,
  async open(connection, context) {
    const options = readOptions(AZBLOB_OPTIONS, { ...connection, environment: context.environment });
    const { openAzblobStore } = await import("./azblob/azblob_store.ts");
    return await openAzblobStore(connection, { options, context });
  },
};
