import { JcsError } from "../../core/errors.ts";
import { findService, SERVICES } from "../../core/store/all.ts";
import { LAYER_OPTIONS } from "../../core/store/layers/layer_options.ts";
import type { Service, ServiceOption } from "../../core/store/service.ts";
import type { Edge } from "../command.ts";

/** Shows the services that a space can be of; with `name` one of them, with every option of its connection string. */
export function listServices(edge: Edge, name: string | undefined): void {
  if (name === undefined) {
    edge.output.table({
      columns: [
        { key: "service", title: "SERVICE" },
        { key: "summary", title: "WHAT" },
        { key: "example", title: "EXAMPLE" },
      ],
      rows: SERVICES.map(({ name: service, summary, examples }) => ({
        type: "service",
        service,
        summary,
        example: examples[0],
      })),
    });
    return;
  }
  const service = findService(name);
  if (!service) {
    const known = SERVICES.map((one) => one.name).join(", ");
    throw new JcsError("NotFound", `Cannot find service "${name}": there are ${known}`);
  }
  edge.output.note(
    `${service.name}: ${service.summary}\n${service.examples.map((line) => `  ${line}`).join("\n")}\n`,
  );
  edge.output.table({
    columns: [
      { key: "option", title: "OPTION" },
      { key: "value", title: "VALUE" },
      { key: "default", title: "DEFAULT", format: (value) => (value === undefined ? "-" : String(value)) },
      { key: "help", title: "WHAT" },
    ],
    rows: optionRows(service),
  });
}

function optionRows(service: Service): readonly Readonly<Record<string, unknown>>[] {
  const options: readonly ServiceOption[] = [...service.options, ...LAYER_OPTIONS];
  return options.map(({ key, type, help, default: value, required }) => ({
    type: "option",
    option: key,
    value: type,
    default: required ? "(required)" : value,
    help,
  }));
}
