import type { HttpCall } from "../../http/http_error.ts";
import { answerStream } from "../../http/http_read.ts";
import { readXml, textOf, type XmlError } from "../../http/read_xml.ts";
import { storeError } from "../../store_error.ts";
import { type AzblobContext, type Place, request } from "./azblob_context.ts";

/** One committed block of a blob. */
export interface Block {
  readonly id: string;
  readonly size: number;
}

/** The blocks that the blob is made of; none for one that was written in one piece. */
export async function readBlocks(context: AzblobContext, call: HttpCall, place: Place): Promise<Block[]> {
  const answer = await request(context, call, {
    method: "GET",
    blob: place.blob,
    query: { blocklisttype: "committed", comp: "blocklist" },
  });
  const blocks: Block[] = [];
  const error: XmlError = (state, more) =>
    storeError(context.info, { ...call, ...more, kind: "Unexpected", state });
  for await (const block of readXml(answerStream(context.info, call, { answer }), {
    names: ["Block"],
    error,
  })) {
    blocks.push({ id: textOf(block, "Name") ?? "", size: Number(textOf(block, "Size") ?? 0) });
  }
  return blocks;
}
