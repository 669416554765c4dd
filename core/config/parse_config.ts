import type * as z from "zod";
import { JcsError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type Config, configSchema } from "./config_schema.ts";
import { findJsonError } from "./find_json_error.ts";

/** Reads the text of a config.json; `file` is its name in messages.
 *
 *  Throws `Config` naming the file and the line (not JSON, comments) or the field (unknown, with the nearest known one; of the wrong
 *  type or out of bounds). Values are not shown: one may be a password. */
export function parseConfig(text: string, file: string): Config {
  const result = configSchema.safeParse(parseJson(text.replace(/^\ufeff/, ""), file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(describeIssue);
  const field = problems[0]?.field ?? "";
  const message = `Cannot use "${file}": ${problems.map((problem) => problem.text).join("; ")}`;
  throw new JcsError("Config", message, { where: { path: file, ...(field === "" ? {} : { field }) } });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = findJsonError(text);
    const place = found === undefined ? "" : `line ${found.line}, column ${found.column}: `;
    const problem = found?.problem ?? (error instanceof Error ? error.message : String(error));
    throw new JcsError("Config", `Cannot read "${file}": ${place}${problem}`, { where: { path: file } });
  }
}

function describeIssue(issue: z.core.$ZodIssue): { readonly field: string; readonly text: string } {
  const section = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") {
    const problem = issue.message.replace(/^Invalid (input|option): /, "");
    const subject = section === "" ? "the file" : `field "${section}"`;
    return { field: section, text: `${subject}: ${problem.charAt(0).toLowerCase()}${problem.slice(1)}` };
  }
  const known = knownKeys(issue.path);
  const texts = issue.keys.map((key) => {
    const meant = nearest(key, known);
    const hint =
      meant === undefined ? `known here: ${known.join(", ")}` : `did you mean "${join(section, meant)}"?`;
    return `unknown field "${join(section, key)}", ${hint}`;
  });
  return { field: join(section, issue.keys[0] ?? ""), text: texts.join("; ") };
}

function join(section: string, key: string): string {
  return section === "" ? key : `${section}.${key}`;
}

/** The keys of the section at `path`, or of the file. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(configSchema.shape);
  const name = String(path[0]);
  if (name === "downloadStrategy") return ["highLatencyHub"];
  const full = configSchema.parse({ db: {} });
  return Object.entries(full).flatMap(([key, section]) => (key === name ? Object.keys(section ?? {}) : []));
}
