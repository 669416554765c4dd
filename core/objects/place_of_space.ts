import { findService } from "../store/all.ts";
import { type Connection, parseConnection } from "../store/connection_string.ts";
import { parseOptionValue } from "../store/option_value.ts";
import { environmentName } from "../store/read_options.ts";
import type { OpenContext } from "../store/service.ts";

/** Names the place that a connection string leads to: what it lies on and the directory, whatever else it says and whichever service reaches
 *  it. Two spaces at one place would fail together. The directory stands at the end, behind a space, and ends with a slash. A text that is no
 *  connection string is a place of its own. May hold a secret: only to be compared. */
export function placeOfSpace(text: string, context: Pick<OpenContext, "environment">): string {
  try {
    const connection = parseConnection(text);
    const root = findService(connection.service)?.rootOf?.(connection, context);
    return `${root ?? usualRoot(connection, context)} ${connection.workDirectory}`;
  } catch {
    return text;
  }
}

/** The endpoint, or else the service, and the name. */
function usualRoot(connection: Connection, { environment }: Pick<OpenContext, "environment">): string {
  const { service, name, options } = connection;
  const option = findService(service)?.options.find(({ key }) => key === "endpoint");
  const endpoint =
    options.get("endpoint") ?? environment[environmentName(service, "endpoint")] ?? option?.default;
  const url = option && endpoint !== undefined ? parseOptionValue("endpoint", endpoint)?.url : undefined;
  return `${url ?? service} ${name}`;
}
