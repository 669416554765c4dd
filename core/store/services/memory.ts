import { readNetwork } from "../http/network.ts";
import { readOptions } from "../read_options.ts";
import type { Service, ServiceOption } from "../service.ts";

const OPTIONS = [
  { key: "capacity", type: "bytes", help: "most bytes in all objects; no limit unless given" },
] as const satisfies readonly ServiceOption[];

/** Objects in the memory of this process, for tests and trials. Everything that opens the same name shares one space, which is gone
 *  when the process ends. */
export const memory: Service = {
  name: "memory",
  summary: "the memory of this process, gone when it ends",
  examples: ["memory://scratch", "memory://scratch/folder?capacity=1GiB"],
  options: OPTIONS,
  async open(connection, { environment }) {
    const { openMemoryStore } = await import("./memory/memory_store.ts");
    return openMemoryStore(connection, {
      ...readOptions(OPTIONS, { ...connection, environment }),
      network: readNetwork({}, { environment }),
    });
  },
};
