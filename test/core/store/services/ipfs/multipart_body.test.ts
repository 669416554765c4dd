import { expect, test } from "vitest";
import { multipartBody } from "../../../../../core/store/services/ipfs/multipart_body.ts";
import { takeBody } from "../../../../../core/store/take_body.ts";
import { pattern, testBody } from "../../../../suites/store_bench.ts";

const call = { info: { service: "ipfs", name: "", workDirectory: "/x/" }, operation: "write", path: "a" };

test("has the length it says, and is what other readers of forms understand", async () => {
  for (const sizes of [[], [1], [1000, 0, 2]]) {
    const content = Buffer.concat(sizes.map((size) => pattern(size)));
    const body = takeBody(testBody(sizes.map((size) => pattern(size))).stream, {
      ...call,
      size: content.length,
    });
    const form = multipartBody(body, content.length);
    const chunks: Uint8Array[] = [];
    for (let chunk = await form.body.next(); chunk !== undefined; chunk = await form.body.next())
      chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    expect(form.headers["content-length"]).toBe(String(sent.length));
    const read = await new Response(sent, { headers: { ...form.headers } }).formData();
    const file = read.get("file");
    expect(file).toBeInstanceOf(File);
    if (file instanceof File) expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true);
    expect(await form.body.next()).toBeUndefined();
  }
  expect(multipartBody(takeBody(pattern(1), call), undefined).headers["content-length"]).toBeUndefined();
});

test("never ends a body that is not what was said", async () => {
  for (const given of [9, 11]) {
    const form = multipartBody(takeBody(testBody([pattern(given)]).stream, { ...call, size: 10 }), 10);
    const chunks: Uint8Array[] = [];
    const sending = async () => {
      for (let chunk = await form.body.next(); chunk !== undefined; chunk = await form.body.next())
        chunks.push(chunk);
    };
    await expect(sending()).rejects.toMatchObject({ kind: "ConditionFailed" });
    expect(Buffer.concat(chunks).toString("latin1")).not.toMatch(/--\r\n$/);
  }
});
