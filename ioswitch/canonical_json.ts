import type { Json } from "./json.ts";

/** `value` as JSON with the members of every object in ascending order of their names and none that are undefined:
 *  equal values give equal text. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(sorted);
  const result: Record<string, Json> = Object.create(null);
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) result[key] = sorted(member);
  }
  return result;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
