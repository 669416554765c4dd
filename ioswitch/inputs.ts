import type { ByteStream } from "./byte_stream.ts";
import type { Json } from "./json.ts";
import type { ServiceKey } from "./services.ts";

/** What the caller of a plan gives to its `input` ops, by name: streams and values. */
export type PlanInputs = Readonly<Record<string, ByteStream | Json>>;

/** Where `input` ops find what the caller gave. The executor offers it, on the driver only. */
export const INPUTS: ServiceKey<PlanInputs> = { name: "ioswitch.inputs" };

/** Whether `given` is a stream, and not JSON. */
export function isByteStream(given: ByteStream | Json): given is ByteStream {
  return given !== null && typeof given === "object" && Symbol.asyncIterator in given;
}
