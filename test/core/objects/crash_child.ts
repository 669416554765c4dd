import { DEFAULT_CONFIG } from "../../../core/config/default_config.ts";
import { openLocalClient } from "../../../core/local_client.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";

// Stores an object and kills itself, without any warning, right after the step named by its third argument.
const [home, fill, killAt] = process.argv.slice(2) as [string, string, string];
const client = await openLocalClient({
  home,
  config: DEFAULT_CONFIG,
  environment: {},
  onWarning: () => undefined,
});
const bytes = new Uint8Array(6_000_000).fill(Number(fill));
await client.put({
  address: { bucket: "b", package: "p", path: "o" },
  scheme: parseScheme("ec:4+2"),
  source: {
    size: bytes.length,
    reopenable: true,
    async *open() {
      for (let at = 0; at < bytes.length; at += 1_000_000) {
        if (killAt === `byte ${at}`) process.kill(process.pid, "SIGKILL");
        yield bytes.subarray(at, at + 1_000_000);
      }
    },
  },
  onEvent(event) {
    if (event.type === "step" && event.step === killAt) process.kill(process.pid, "SIGKILL");
  },
});
await client.close();
