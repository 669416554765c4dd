import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { GCS_OPTIONS } from "./gcs/gcs_options.ts";

/** Buckets of Google Cloud Storage, over its own (JSON) protocol. */
export const gcs: Service = {
  name: "gcs",
  summary: "a bucket of Google Cloud Storage",
  examples: [
    "gcs://bucket/folder?credential=file:/home/me/key.json",
    "gcs://bucket?credential=env&storage_class=NEARLINE",
    "gcs://public-bucket?anonymous",
  ],
  options: GCS_OPTIONS,
  async open(connection, { environment }) {
    const options = readOptions(GCS_OPTIONS, { ...connection, environment });
    const { openGcsStore } = await import("./gcs/gcs_store.ts");
    return await openGcsStore(connection, { options, environment });
  },
};
