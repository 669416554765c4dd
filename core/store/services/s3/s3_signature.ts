import { createHash, createHmac } from "node:crypto";

/** Who signs. */
export interface S3Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A request to be signed. */
export interface UnsignedRequest {
  readonly method: string;
  /** As it is sent: percent-encoded by {@link encodePath}. */
  readonly path: string;
  /** Not encoded yet. */
  readonly query: Readonly<Record<string, string>>;
  /** All headers to be signed, `host` among them; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs requests to S3 with version 4 of Amazon's signature
 *  (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html). */
export interface S3Signer {
  /** The headers of the request with those that prove who sends it. `body` is covered; nothing stands for no body. */
  signHeaders(
    request: UnsignedRequest,
    signing: { readonly identity: S3Identity; readonly now: Date; readonly body?: Uint8Array | undefined },
  ): Readonly<Record<string, string>>;
  /** The query of the request, encoded, with what proves who allows it. Whoever makes it must send the signed headers; its body is free. */
  signQuery(
    request: UnsignedRequest,
    signing: { readonly identity: S3Identity; readonly now: Date; readonly expiresInSeconds: number },
  ): string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const UNSIGNED = "UNSIGNED-PAYLOAD";
const NO_BODY = createHash("sha256").digest("hex");

/** Makes a signer for one region. It keeps the day's key of the identity that signed last. */
export function s3Signer(region: string): S3Signer {
  let kept: { readonly identity: S3Identity; readonly day: string; readonly key: Buffer } | undefined;
  const keyOf = (identity: S3Identity, day: string): Buffer => {
    const { accessKeyId, secretAccessKey } = identity;
    if (
      kept?.day !== day ||
      kept.identity.secretAccessKey !== secretAccessKey ||
      kept.identity.accessKeyId !== accessKeyId
    ) {
      const parts = [day, region, "s3", "aws4_request"];
      const key = parts.reduce<Buffer>(
        (secret, part) => createHmac("sha256", secret).update(part).digest(),
        Buffer.from(`AWS4${secretAccessKey}`),
      );
      kept = { identity, day, key };
    }
    return kept.key;
  };
  const scopeOf = (day: string) => `${day}/${region}/s3/aws4_request`;
  const signatureOf = (
    { method, path, headers }: UnsignedRequest,
    signing: {
      readonly identity: S3Identity;
      readonly time: string;
      readonly query: string;
      readonly payload: string;
    },
  ): string => {
    const { identity, time, query, payload } = signing;
    const day = time.slice(0, 8);
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`);
    const canonical = `${method}\n${path}\n${query}\n${lines.join("")}\n${names.join(";")}\n${payload}`;
    // Headers go over the line as Latin-1; all else is ASCII.
    const digest = createHash("sha256").update(canonical, "latin1").digest("hex");
    return createHmac("sha256", keyOf(identity, day))
      .update(`${ALGORITHM}\n${time}\n${scopeOf(day)}\n${digest}`)
      .digest("hex");
  };
  return {
    signHeaders(request, { identity, now, body }) {
      const time = timeOf(now);
      const payload = body === undefined ? NO_BODY : createHash("sha256").update(body).digest("hex");
      const { accessKeyId, sessionToken } = identity;
      const headers = {
        ...request.headers,
        "x-amz-content-sha256": payload,
        "x-amz-date": time,
        ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
      };
      const query = encodeQuery(request.query);
      const signature = signatureOf({ ...request, headers }, { identity, time, query, payload });
      const scope = `${accessKeyId}/${scopeOf(time.slice(0, 8))}`;
      const names = Object.keys(headers).sort().join(";");
      const authorization = `${ALGORITHM} Credential=${scope}, SignedHeaders=${names}, Signature=${signature}`;
      return { ...headers, authorization };
    },
    signQuery(request, { identity, now, expiresInSeconds }) {
      const time = timeOf(now);
      const { accessKeyId, sessionToken } = identity;
      const query = encodeQuery({
        ...request.query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": `${accessKeyId}/${scopeOf(time.slice(0, 8))}`,
        "X-Amz-Date": time,
        "X-Amz-Expires": String(expiresInSeconds),
        ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
        "X-Amz-SignedHeaders": Object.keys(request.headers).sort().join(";"),
      });
      const signature = signatureOf(request, { identity, time, query, payload: UNSIGNED });
      return `${query}&X-Amz-Signature=${signature}`;
    },
  };
}

/** A key as a path: everything but letters, digits, `-._~` and the slashes percent-encoded. */
export function encodePath(key: string): string {
  return encode(key).replaceAll("%2F", "/");
}

/** A query in the one form that is signed: encoded, by name. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Such as `20130524T000000Z`. */
function timeOf(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, "");
}
