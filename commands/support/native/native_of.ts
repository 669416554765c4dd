import type { Client } from "../../../core/client.ts";
import { JcsError } from "../../../core/errors.ts";
import type { NativeClient } from "../../../core/native_client.ts";

/** The files of spaces, where the client can reach them. */
export function nativeOf(client: Client): NativeClient {
  if (client.native !== undefined) return client.native;
  throw new JcsError(
    "Unsupported",
    "Cannot use the files of a space (space:path): the daemon does not offer them",
  );
}
