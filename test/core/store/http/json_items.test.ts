import { expect, test } from "vitest";
import { jsonItems } from "../../../../core/store/http/json_items.ts";

async function* bytes(text: string, step: number) {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += step) yield all.subarray(at, at + step);
}

async function itemsOf(text: string, step: number): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of jsonItems(bytes(text, step))) items.push(item);
  return items;
}

test("yields the same items however the text is cut", async () => {
  const list = [{ Path: 'a"}]{[\\', n: { deep: [1, { x: "é🗄" }] } }, {}, { Path: "\u0001" }];
  for (const text of [JSON.stringify({ list }), JSON.stringify({ list }, undefined, "\t")]) {
    for (const step of [1, 2, 3, 7, 1000]) expect(await itemsOf(text, step)).toEqual(list);
  }
  expect(await itemsOf('{"list":[]}', 3)).toEqual([]);
  expect(await itemsOf('{"list":null}', 3)).toEqual([]);
});

test("fails for a text that ends too early or is none", async () => {
  const text = JSON.stringify({ list: [{ a: 1 }, { b: 2 }] });
  for (let end = 0; end < text.length; end++) {
    await expect(itemsOf(text.slice(0, end), 5), String(end)).rejects.toThrow(SyntaxError);
  }
  for (const other of ["{}", '{"error":"[]"}', "<html></html>", '{"a":{}}'])
    await expect(itemsOf(other, 5), other).rejects.toThrow(SyntaxError);
});
