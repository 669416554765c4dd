import { PROBE_AGE_MS_MAX } from "../../limits.ts";
import type { ProbeFinding, ProbeRecord } from "./finding.ts";

/** What a recorded probe is good for: its findings, or why they are ignored. */
export type JudgedProbe =
  | { readonly findings: readonly ProbeFinding[] }
  | { readonly findings?: never; readonly ignored: string };

/** Decides whether a recorded probe still tells something: it must be of the connection as it is now and not be older than
 *  {@link PROBE_AGE_MS_MAX}. `connection` stands for the connection of now in the same way as that of the record; one that says none was
 *  recorded with the space as it is. `nowMs` in ms since 1970. */
export function judgeProbe(
  probe: ProbeRecord,
  { connection, nowMs }: { readonly connection: string; readonly nowMs: number },
): JudgedProbe {
  if (probe.connection !== undefined && probe.connection !== connection) {
    return { ignored: "it was made with another connection" };
  }
  if (nowMs - probe.probedAt.getTime() > PROBE_AGE_MS_MAX) {
    return { ignored: `it is older than ${PROBE_AGE_MS_MAX / 86_400_000} days` };
  }
  return { findings: probe.findings };
}
