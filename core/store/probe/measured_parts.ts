import { formatByteSize, parseByteSize } from "../../bytes/byte_size.ts";
import type { Connection } from "../connection_string.ts";
import { environmentName } from "../read_options.ts";
import type { OpenContext, ServiceOption } from "../service.ts";
import type { ProbeFinding } from "./finding.ts";
import { spaceSpeed } from "./space_speed.ts";

const MIB = 1024 * 1024;
/** A part should take so many times as long as its request would without any bytes. */
const LATENCIES_PER_PART = 16;
/** Larger parts would take too much memory, since several are under way at the same time. */
const PART_BYTES_MAX = 16 * MIB;

/** The connection with the length of parts that a probe found to be good: not below the smallest that the service takes, and longer than usual
 *  where requests take long and bytes are quick. What the connection or the environment says stays; so does a service without parts. */
export function withMeasuredParts(
  connection: Connection,
  context: Pick<OpenContext, "environment"> & {
    readonly options: readonly ServiceOption[];
    readonly findings: readonly ProbeFinding[];
  },
): Connection {
  const { options, findings, environment } = context;
  const usual = options.find(({ key }) => key === "part_size")?.default;
  const isSaid =
    connection.options.has("part_size") ||
    environment[environmentName(connection.service, "part_size")] !== undefined;
  if (usual === undefined || isSaid) return connection;
  const usualBytes = parseByteSize(usual);
  const smallest =
    findings.find(({ name, verdict }) => name === "multipart" && verdict === "yes")?.value ?? 0;
  const speed = spaceSpeed(findings);
  const quick =
    speed === undefined ? 0 : (speed.writeMs / 1000) * speed.writeBytesPerSecond * LATENCIES_PER_PART;
  const bytes = Math.max(usualBytes, smallest, Math.min(quick, PART_BYTES_MAX));
  if (bytes <= usualBytes) return connection;
  const wholeMib = Math.ceil(bytes / MIB) * MIB;
  return {
    ...connection,
    options: new Map([...connection.options, ["part_size", formatByteSize(wholeMib)]]),
  };
}
