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
  rootOf(connection, { environment }) {
    const { endpoint, account, credential } = readOptions(AZBLOB_OPTIONS, { ...connection, environment });
    const named = account ?? (credential?.kind === "hmac" ? credential.accessKey : undefined);
    // An account that only a token or a file tells is another one than those that are named.
    const name = named ?? environment["AZURE_STORAGE_ACCOUNT"] ?? connection.options.get("credential") ?? "";
    return `${endpoint?.url ?? "https://blob.core.windows.net"} ${name} ${connection.name}`;
  },
  async open(connection, context) {
    const options = readOptions(AZBLOB_OPTIONS, { ...connection, environment: context.environment });
    const { openAzblobStore } = await import("./azblob/azblob_store.ts");
    return await openAzblobStore(connection, { options, context });
  },
};
