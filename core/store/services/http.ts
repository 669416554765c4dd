import { readOptions } from "../read_options.ts";
import type { Service } from "../service.ts";
import { HTTP_OPTIONS } from "./http/http_options.ts";

/** Files of web servers, to be read only. */
export const http: Service = serviceOf("http", "a web server, read only, without encryption", [
  "http://host/folder",
  "http://127.0.0.1:8080",
]);

/** As {@link http}, over TLS. */
export const https: Service = serviceOf("https", "a web server, read only", [
  "https://host/folder",
  "https://host/folder?credential=basic:USER:PASSWORD",
]);

function serviceOf(name: "http" | "https", summary: string, examples: readonly string[]): Service {
  return {
    name,
    summary,
    examples,
    options: HTTP_OPTIONS,
    async open(connection, context) {
      const options = readOptions(HTTP_OPTIONS, { ...connection, environment: context.environment });
      const { openHttpStore } = await import("./http/http_store.ts");
      return await openHttpStore(connection, { options, context, protocol: name });
    },
  };
}
