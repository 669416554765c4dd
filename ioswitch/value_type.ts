import type { Json } from "./json.ts";

/** A named kind of value that ops exchange, so that a value can be checked where it arrives. */
export interface ValueType {
  readonly name: string;
  /** Says what is wrong with `value`; undefined when nothing is. */
  check(value: Json): string | undefined;
}

/** A value together with the name of its type, as it travels. */
export type TypedValue = { readonly type: string; readonly value: Json };

/** The value types that a program knows. */
export interface ValueTypes {
  readonly names: readonly string[];
  /** Tags `value`. Throws when the type is unknown or the value does not belong to it. */
  encode(type: string, value: Json): TypedValue;
  /** The value inside `json`. Throws, naming the type, when the type is unknown, is not `type` (where given), or the
   *  value does not belong to it. */
  decode(json: Json, type?: string): Json;
}

/** Makes a registry of value types. Throws when two have the same name. */
export function createValueTypes(...types: readonly ValueType[]): ValueTypes {
  const byName = new Map<string, ValueType>();
  for (const type of types) {
    if (byName.has(type.name))
      throw new Error(`Cannot register value type "${type.name}": there is one already`);
    byName.set(type.name, type);
  }
  function checked(verb: string, name: string, value: Json): Json {
    const type = byName.get(name);
    if (type === undefined) throw new Error(`Cannot ${verb} value: type "${name}" was not registered`);
    const problem = type.check(value);
    if (problem !== undefined) throw new Error(`Cannot ${verb} value of type "${name}": ${problem}`);
    return value;
  }
  return {
    names: [...byName.keys()],
    encode: (type, value) => ({ type, value: checked("encode", type, value) }),
    decode(json, wanted) {
      if (!isTyped(json)) throw new Error("Cannot decode value: it has no type");
      if (wanted !== undefined && json.type !== wanted) {
        throw new Error(`Cannot decode value of type "${json.type}": type "${wanted}" is wanted`);
      }
      return checked("decode", json.type, json.value);
    },
  };
}

function isTyped(json: Json): json is TypedValue {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return false;
  return "type" in json && typeof json.type === "string" && "value" in json && json.value !== undefined;
}
