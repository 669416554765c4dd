export type { ByteStream } from "../../ioswitch/byte_stream.ts";
