import { parseByteSize } from "../bytes/byte_size.ts";
import { JcsError } from "../errors.ts";

/** Most bytes per second; `Infinity` for no limit. */
export interface Bandwidth {
  readonly upBytesPerSecond: number;
  readonly downBytesPerSecond: number;
}

/** What holds from a minute of the day on, in local time, in order of the minutes; before the first one the last one holds. */
export type BandwidthTimetable = readonly (Bandwidth & { readonly minute: number })[];

/** What a bandwidth looks like, for messages and help. */
export const BANDWIDTH_FORM =
  'a rate such as "10MiB", "10MiB:1MiB" (up:down) or "off", or a timetable such as "08:00,1MiB 20:00,off"';

/** Reads a bandwidth: a rate per second for each direction, two of them (`up:down`), `off`, or a timetable of these.
 *
 *  Throws `Usage` for anything else, a rate of nothing and a time that stands twice included. */
export function parseBandwidth(text: string): BandwidthTimetable {
  const refuse = () =>
    new JcsError("Usage", `Cannot use ${JSON.stringify(text)} as a bandwidth: write ${BANDWIDTH_FORM}`);
  const entries = text.trim().split(/\s+/);
  const timetable = entries.map((entry) => {
    const match = /^(?:(\d{1,2}):(\d{2}),)?([^,:]+)(?::([^,:]+))?$/.exec(entry);
    const [, hours, minutes = "0", up = "", down = up] = match ?? [];
    if (match === null || (hours === undefined && entries.length > 1)) throw refuse();
    if (Number(hours ?? 0) > 23 || Number(minutes) > 59) throw refuse();
    return {
      minute: Number(hours ?? 0) * 60 + Number(minutes),
      upBytesPerSecond: parseRate(up, refuse),
      downBytesPerSecond: parseRate(down, refuse),
    };
  });
  if (new Set(timetable.map(({ minute }) => minute)).size < timetable.length) throw refuse();
  return timetable.toSorted((left, right) => left.minute - right.minute);
}

/** What holds at a moment. */
export function bandwidthAt(timetable: BandwidthTimetable, moment: Date): Bandwidth {
  const minute = moment.getHours() * 60 + moment.getMinutes();
  const row = timetable.findLast((each) => each.minute <= minute) ?? timetable.at(-1);
  const { upBytesPerSecond = Number.POSITIVE_INFINITY, downBytesPerSecond = Number.POSITIVE_INFINITY } =
    row ?? {};
  return { upBytesPerSecond, downBytesPerSecond };
}

function parseRate(text: string, refuse: () => JcsError): number {
  if (text === "off") return Number.POSITIVE_INFINITY;
  let bytes: number;
  try {
    bytes = parseByteSize(text);
  } catch {
    throw refuse();
  }
  if (bytes === 0) throw refuse();
  return bytes;
}
