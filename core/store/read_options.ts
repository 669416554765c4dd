import { JcsError } from "../errors.ts";
import type { Connection } from "./connection_string.ts";
import { OPTION_FORMS, type OptionTypes, parseOptionValue } from "./option_value.ts";
import type { OpenContext, ServiceOption } from "./service.ts";

/** The values of a table of options, by key. `undefined` only where an option is neither required nor has a default. */
export type OptionValues<Table extends readonly ServiceOption[]> = {
  readonly [Option in Table[number] as Option["key"]]:
    | OptionTypes[Option["type"]]
    | (Option extends { readonly required: true } | { readonly default: string } ? never : undefined);
};

/** Reads the options of `table`: from the connection string, else from the environment ({@link environmentName}), else the default.
 *
 *  Write the table `as const satisfies readonly ServiceOption[]` and the values have their types. Throws `Usage` for a required
 *  option that is nowhere, and for a value of the wrong form; never quotes a value. */
export function readOptions<const Table extends readonly ServiceOption[]>(
  table: Table,
  source: Pick<Connection, "service" | "options"> & Pick<OpenContext, "environment">,
): OptionValues<Table> {
  const values: Record<string, unknown> = {};
  for (const option of table) {
    const variable = environmentName(source.service, option.key);
    const text = source.options.get(option.key) ?? source.environment[variable] ?? option.default;
    if (text === undefined) {
      if (option.required !== true) continue;
      const state = `option "${option.key}" is missing; add it to the connection string or set ${variable}`;
      throw new JcsError("Usage", `Cannot open a space of service "${source.service}": ${state}`);
    }
    values[option.key] = parseOptionValue(option.type, text);
    if (values[option.key] === undefined) {
      const state = `option "${option.key}" must be ${OPTION_FORMS[option.type]}`;
      throw new JcsError("Usage", `Cannot open a space of service "${source.service}": ${state}`);
    }
  }
  return values as OptionValues<Table>;
}

/** The environment variable that gives an option to every connection of a service that does not have it: `JCS_S3_ENDPOINT`. */
export function environmentName(service: string, key: string): string {
  return `JCS_${service}_${key}`.toUpperCase().replaceAll("-", "_");
}
