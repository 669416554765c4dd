import { randomBytes } from "node:crypto";
import type { Body } from "../../take_body.ts";

/** The one file of a request of type `multipart/form-data`, whose content is `body`. With `size`, the length of `body`, the request has a length;
 *  its last bytes follow only when the body is complete, so that the server never takes a part of it for all.
 *  Source: RFC 7578. */
export function multipartBody(
  body: Body,
  size: number | undefined,
): { readonly body: Body; readonly headers: Readonly<Record<string, string>> } {
  const boundary = `jcs-${randomBytes(16).toString("hex")}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const foot = Buffer.from(`\r\n--${boundary}--\r\n`);
  let state: "head" | "content" | "over" = "head";
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      ...(size === undefined ? {} : { "content-length": String(head.length + size + foot.length) }),
    },
    body: {
      async next() {
        if (state === "over") return undefined;
        if (state === "head") {
          state = "content";
          return head;
        }
        const chunk = await body.next();
        if (chunk !== undefined) return chunk;
        state = "over";
        return foot;
      },
      end: () => body.end(),
    },
  };
}
