import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type FakeItem, GraphRefusal, store } from "./fake_onedrive_tree.ts";

const UNIT_BYTES = 320 * 1024;
const FRAGMENT_BYTES_MAX = 60 * 1024 * 1024;

/** An upload under way. */
export interface FakeUpload {
  readonly folder: FakeItem;
  readonly name: string;
  readonly behavior: unknown;
  readonly fragments: Buffer[];
  received: number;
  total: number | undefined;
}

/** What an upload answers to one request. */
export type UploadAnswer =
  | { readonly kind: "stored"; readonly item: FakeItem; readonly isNew: boolean }
  | { readonly kind: "status"; readonly status: number; readonly body: unknown }
  | { readonly kind: "ended" };

/** The uploads of a fake drive, by the secret word in their addresses.
 *  Source: Microsoft Graph, "driveItem: createUploadSession". */
export function fakeUploads(): {
  readonly open: ReadonlyMap<string, FakeUpload>;
  begin(upload: Pick<FakeUpload, "folder" | "name" | "behavior">): string;
  respond(word: string, incoming: IncomingMessage, body: Buffer): UploadAnswer;
} {
  const open = new Map<string, FakeUpload>();
  return {
    open,
    begin(upload) {
      const there = upload.folder.children?.get(upload.name.toLowerCase());
      if (there !== undefined && upload.behavior === "fail") throw new GraphRefusal(409, "nameAlreadyExists");
      if (there?.children !== undefined) throw new GraphRefusal(409, "nameAlreadyExists");
      const word = randomBytes(16).toString("hex");
      open.set(word, { ...upload, fragments: [], received: 0, total: undefined });
      return word;
    },
    respond(word, incoming, body) {
      const upload = open.get(word);
      if (upload === undefined) throw new GraphRefusal(404, "itemNotFound", "uploadSessionNotFound");
      switch (incoming.method) {
        case "DELETE":
          open.delete(word);
          return { kind: "ended" };
        case "GET":
          return { kind: "status", status: 200, body: describe(upload) };
        case "PUT":
          return take(upload, incoming.headers["content-range"], body) ?? commit(open, word, upload);
        default:
          throw new GraphRefusal(405, "notAllowed");
      }
    },
  };
}

function take(upload: FakeUpload, range: string | undefined, body: Buffer): UploadAnswer | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range ?? "");
  if (match === null) throw new GraphRefusal(400, "invalidRequest");
  const [first = 0, last = 0, total = 0] = match.slice(1).map(Number);
  if (last - first + 1 !== body.length || last >= total) throw new GraphRefusal(400, "invalidRequest");
  if ((upload.total ?? total) !== total)
    throw new GraphRefusal(400, "invalidRequest", "fragmentLengthMismatch");
  if (body.length >= FRAGMENT_BYTES_MAX)
    throw new GraphRefusal(413, "invalidRequest", "maxFragmentLengthExceeded");
  if (first < upload.received) throw new GraphRefusal(416, "invalidRange", "fragmentOverlap");
  if (first > upload.received) throw new GraphRefusal(416, "invalidRange", "fragmentOutOfOrder");
  if (last + 1 !== total && body.length % UNIT_BYTES !== 0) throw new GraphRefusal(400, "invalidRequest");
  upload.total = total;
  upload.fragments.push(body);
  upload.received += body.length;
  return upload.received === total ? undefined : { kind: "status", status: 202, body: describe(upload) };
}

function commit(open: Map<string, FakeUpload>, word: string, upload: FakeUpload): UploadAnswer {
  // A conflict leaves the upload as it is.
  const { folder, name, behavior } = upload;
  const made = store(folder, { name, behavior, bytes: Buffer.concat(upload.fragments) });
  open.delete(word);
  return { kind: "stored", ...made };
}

function describe({ received, total }: FakeUpload): unknown {
  return {
    expirationDateTime: new Date(Date.now() + 3_600_000).toISOString(),
    nextExpectedRanges: received === total ? [] : [`${received}-`],
  };
}
