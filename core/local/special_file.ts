import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { JcsError } from "../errors.ts";
import { localError } from "./local_error.ts";

/** Writes `body` into a device or pipe that is there already, for example `/dev/null`, as it comes. Resolves to the number of bytes.
 *  A pipe is waited for until somebody reads it.
 *
 *  Nothing can be taken back: on a failure a part may have been written. `signal` ends it with `Cancelled`. */
export async function writeSpecialFile(
  file: string,
  body: ByteStream,
  options: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const handle = await open(file, constants.O_WRONLY).catch((error: unknown) => {
    throw localError(error, { action: "write", file });
  });
  try {
    let bytes = 0;
    for await (const chunk of body) {
      if (options.signal?.aborted)
        throw new JcsError("Cancelled", `Cannot write ${JSON.stringify(file)}: interrupted`);
      await writeAll(handle, chunk).catch((error: unknown) => {
        throw localError(error, { action: "write", file });
      });
      bytes += chunk.length;
      giveBack(chunk);
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done);
    done += bytesWritten;
  }
}
