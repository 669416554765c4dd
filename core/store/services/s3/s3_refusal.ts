import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { fromBytes } from "../../../bytes/from_bytes.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import { readXml, textOf, type XmlElement } from "../../http/read_xml.ts";

/** Longest answer that is read as a whole: errors, and what came of a request. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** What the service calls a failure that it tells only after it has begun to answer. */
const LATE_STATUS = 500;

/** A request that the service refused. */
export class S3Refusal extends Error {
  override readonly name = "S3Refusal";
  readonly status: number;
  /** The service's own word, for example `NoSuchUpload`; empty where it has none. */
  readonly code: string;
  /** What the service says to people; may be empty. */
  readonly words: string;
  readonly headers: HttpAnswer["headers"];
  /** The region of the bucket, where the service says so. */
  readonly region: string | undefined;
  /** Whether the bucket is in another region than the request was signed for. */
  readonly isElsewhere: boolean;

  constructor(
    answer: Pick<HttpAnswer, "status" | "headers">,
    error: XmlElement | undefined,
    signedRegion?: string,
  ) {
    const code = textOf(error, "Code") ?? "";
    super(`status ${answer.status} ${code}`);
    this.status = answer.status;
    this.code = code;
    this.words = textOf(error, "Message") ?? "";
    this.headers = answer.headers;
    this.region = textOf(error, "Region") ?? (answer.headers["x-amz-bucket-region"] || undefined);
    // The answer to HEAD has no words: Amazon's says 400, and nothing but the region.
    const isMute = this.status === 400 && code === "" && signedRegion !== undefined;
    this.isElsewhere =
      this.status === 301 ||
      this.status === 307 ||
      code === "AuthorizationHeaderMalformed" ||
      code === "IllegalLocationConstraintException" ||
      (isMute && this.region !== undefined && this.region !== signedRegion);
  }
}

/** An answer that holds no XML of the expected kind. */
class UnreadableAnswer extends Error {}

/** What an answer of status 300 and above says to a request signed for `signedRegion`. Never throws: where its body is broken, too long or no XML, the status has to do. */
export async function refusalOf(answer: HttpAnswer, signedRegion: string): Promise<S3Refusal> {
  const [error] = await elementsOf(answer, ["Error"]).catch(() => []);
  return new S3Refusal(answer, error, signedRegion);
}

/** The element `name` of the answer to an accepted request; `undefined` when it does not hold one. Throws an {@link S3Refusal} where the service tells there that it failed
 *  after all, as it may where the work takes long, and what the connection throws. */
export async function resultOf(answer: HttpAnswer, name: string): Promise<XmlElement | undefined> {
  const [first] = await elementsOf(answer, [name, "Error"]).catch((error: unknown) => {
    if (error instanceof UnreadableAnswer) return [];
    throw error;
  });
  if (first?.name === "Error") throw lateRefusal(answer, first);
  return first;
}

/** The failure that the service tells in an answer that it had begun as a success. */
export function lateRefusal(answer: HttpAnswer, error: XmlElement): S3Refusal {
  return new S3Refusal({ ...answer, status: LATE_STATUS }, error);
}

async function elementsOf(answer: HttpAnswer, names: readonly string[]): Promise<readonly XmlElement[]> {
  const text = (await textOfAnswer(answer)).trim();
  if (text === "") return [];
  const error = (state: string) => new UnreadableAnswer(state);
  return await Array.fromAsync(readXml(fromBytes(Buffer.from(text)), { names, error }));
}

/** Spaces may stand before the XML: they kept the connection alive while the service was at work. */
async function textOfAnswer(answer: HttpAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (let chunk = await answer.body.next(); chunk !== undefined; chunk = await answer.body.next()) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      discard(answer);
      throw new UnreadableAnswer("the answer is too long");
    }
    chunks.push(Buffer.from(chunk));
    giveBack(chunk);
  }
  if (!answer.body.complete) throw Object.assign(new Error("the answer broke off"), { code: "ECONNRESET" });
  return Buffer.concat(chunks).toString("utf8");
}
