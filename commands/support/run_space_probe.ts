import { formatByteSize } from "../../core/bytes/byte_size.ts";
import { validateName } from "../../core/catalog/names.ts";
import { JcsError } from "../../core/errors.ts";
import type { ProbeFinding } from "../../core/store/probe/finding.ts";
import type { Edge } from "../command.ts";

/** Width of the longest name of a finding. */
const NAME_COLUMNS = 21;

/** Measures one space and shows each finding as it is made. A space that does not do what it claims is a failure. */
export async function probeSpace(edge: Edge, name: string): Promise<void> {
  validateName("space", name);
  const client = await edge.client();
  const broken: string[] = [];
  let findings = 0;
  for await (const finding of client.spaces.probe(name, { signal: edge.signal })) {
    findings += 1;
    if (finding.verdict === "broken") broken.push(finding.name);
    edge.output.result({
      text: findingLine(finding),
      json: { type: "finding", space: name, ...finding },
    });
  }
  edge.output.summary({
    text: broken.length === 0 ? "The space does what it claims" : `Broken: ${broken.join(", ")}`,
    json: { space: name, findings, broken },
  });
  if (broken.length === 0) return;
  throw new JcsError(
    "Corrupt",
    `Cannot trust space "${name}": it claims what it does not do: ${broken.join(", ")}`,
    {
      where: { space: name },
    },
  );
}

/** One finding for people. */
export function findingLine(finding: ProbeFinding): string {
  const { name, verdict, detail } = finding;
  const measured = finding.value === undefined ? "" : valueText(finding.value, finding.unit);
  const words = [verdict, measured, detail === undefined ? "" : `(${detail})`].filter((text) => text !== "");
  return `${name.padEnd(NAME_COLUMNS)}  ${words.join("  ")}`;
}

function valueText(value: number, unit: ProbeFinding["unit"]): string {
  switch (unit) {
    case "bytes":
      return formatByteSize(value);
    case "bytesPerSecond":
      return `${formatByteSize(value)}/s`;
    case "ms":
      return `${value} ms`;
    case undefined:
      return String(value);
  }
}
