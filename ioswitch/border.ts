import type { ByteStream } from "./byte_stream.ts";
import type { Json } from "./json.ts";
import type { NodeId } from "./plan.ts";
import type { ServiceKey } from "./services.ts";

/** What `send` and `receive` ops need to cross the border between two nodes, for one run on one node.
 *
 *  A channel is a name that the sender and the receiver agree on; it carries one stream or one value, once. */
export interface Border {
  /** Resolves when the other side has read the stream to its end or does not want it. */
  sendStream(to: NodeId, channel: string, stream: ByteStream, signal: AbortSignal): Promise<void>;
  /** Resolves when the other side has the value or does not want it. */
  sendValue(to: NodeId, channel: string, value: Json, signal: AbortSignal): Promise<void>;
  receiveStream(from: NodeId, channel: string, signal: AbortSignal): Promise<ByteStream>;
  receiveValue(from: NodeId, channel: string, signal: AbortSignal): Promise<Json>;
}

/** Where `send` and `receive` ops find the border. The executor and the workers offer it. */
export const BORDER: ServiceKey<Border> = { name: "ioswitch.border" };
