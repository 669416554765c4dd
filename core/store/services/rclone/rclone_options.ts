import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `rclone` may say. */
export const RCLONE_OPTIONS = [
  {
    key: "absolute",
    type: "boolean",
    default: "false",
    help: "the folder starts at the root of the remote's file system, as in REMOTE:/folder",
  },
  {
    key: "config",
    type: "string",
    help: "rclone's configuration file; the one that rclone itself would use unless given",
  },
  { key: "program", type: "string", default: "rclone", help: "the program rclone" },
  {
    key: "fast_list",
    type: "boolean",
    default: "false",
    help: "let rclone list whole trees at once: fewer requests, but about 1 KiB of its memory per object",
  },
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type RcloneOptions = OptionValues<typeof RCLONE_OPTIONS>;
