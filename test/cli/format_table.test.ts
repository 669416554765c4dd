import { expect, test } from "vitest";
import { formatTable } from "../../cli/format_table.ts";

test("columns are aligned by the width they take, and hostile names cannot drive the terminal", () => {
  const table = {
    columns: [
      { key: "name", title: "NAME" },
      { key: "size", title: "SIZE", align: "right", format: (value: unknown) => `${value}B` },
      { key: "more", title: "MORE" },
    ],
    rows: [
      { name: "文件", size: 5, more: undefined },
      { name: "\u001b[2J\nrm -rf", size: 12345, more: { a: 1 } },
    ],
  } as const;
  expect(formatTable(table, { bold: false })).toBe(
    [
      "NAME               SIZE  MORE",
      "文件                 5B  -",
      '\\x1b[2J\\nrm -rf  12345B  {"a":1}',
      "",
    ].join("\n"),
  );
});

test("no rows is no table", () => {
  expect(formatTable({ columns: [{ key: "a", title: "A" }], rows: [] }, { bold: true })).toBe("");
});

test("a bold header does not move the columns", () => {
  const table = { columns: [{ key: "a", title: "A" }], rows: [{ a: "x" }] };
  expect(formatTable(table, { bold: true })).toBe("\u001b[1mA\u001b[0m\nx\n");
});

test("a last column that is too wide for the terminal goes on below itself, or below the row where it has little room", () => {
  const table = {
    columns: [
      { key: "name", title: "NAME" },
      { key: "help", title: "WHAT" },
    ],
    rows: [{ name: "one", help: "words that take more room than there is here" }],
  };
  const lines = (columns: number) => formatTable(table, { bold: false, columns }).trimEnd().split("\n");
  expect(lines(50)).toEqual(lines(1000));
  expect(lines(40)).toEqual(["NAME  WHAT", "one   words that take more room than", "      there is here"]);
  expect(lines(30)).toEqual([
    ...["NAME", "    WHAT"],
    ...["one", "    words that take more room", "    than there is here"],
  ]);
  for (const line of [...lines(40), ...lines(30)]) expect(line.length).toBeLessThanOrEqual(40);
});

test("a last column that may be cut is, with both its ends", () => {
  const table = {
    columns: [
      { key: "name", title: "NAME" },
      { key: "place", title: "PLACE", cut: true },
    ],
    rows: [{ name: "one", place: "s3://a-bucket-with-a-long-name/folder" }],
  };
  const lines = (columns: number) => formatTable(table, { bold: false, columns }).trimEnd().split("\n");
  expect(lines(80)[1]).toBe("one   s3://a-bucket-with-a-long-name/folder");
  expect(lines(30)).toEqual(["NAME  PLACE", "one   s3://a-bucke…name/folder"]);
  expect(lines(5)[1]).toBe("one   s3://a…older");
});
