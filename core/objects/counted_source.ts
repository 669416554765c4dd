import type { ByteStream } from "../bytes/byte_stream.ts";
import { formatAddress } from "../catalog/address.ts";
import type { PutRequest } from "../client.ts";
import { JcsError } from "../errors.ts";

/** The source of a put, checked against its announced size, its progress told. Throws `ConditionFailed` when it has more or fewer bytes. */
export async function* countedSource(request: PutRequest): AsyncGenerator<Uint8Array, void, undefined> {
  const { source, onEvent } = request;
  let bytes = 0;
  const stream: ByteStream = source.open();
  for await (const chunk of stream) {
    const { length } = chunk;
    bytes += length;
    if (source.size !== undefined && bytes > source.size)
      throw changed(request, source.size, `more than ${source.size}`);
    yield chunk;
    onEvent?.({ type: "progress", bytes: length });
  }
  if (source.size !== undefined && bytes < source.size) throw changed(request, source.size, String(bytes));
}

function changed(request: PutRequest, expected: number, found: string): JcsError {
  const name = formatAddress(request.address);
  return new JcsError(
    "ConditionFailed",
    `Cannot store "${name}": its source changed while it was read (${expected} bytes expected, ${found} found)`,
    {
      where: { object: name },
    },
  );
}
