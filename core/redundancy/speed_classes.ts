import type { SpaceSpeed } from "../store/probe/space_speed.ts";

/** What takes up to so many times as long as the quickest of a class is in the class: measurements are no promises. */
const CLASS_FACTOR = 3;

/** Which spaces are quicker than others at reading or writing `bytes` bytes: classes from 0, the quickest. A space that was not measured is as
 *  quick as the median of those that were. Pure. */
export function speedClasses(
  names: readonly string[],
  options: {
    readonly speeds: ReadonlyMap<string, SpaceSpeed>;
    readonly direction: "read" | "write";
    readonly bytes: number;
  },
): ReadonlyMap<string, number> {
  const { speeds, direction, bytes } = options;
  const measured = names
    .flatMap((name) => {
      const speed = speeds.get(name);
      return speed === undefined ? [] : [{ name, ms: timeOf(speed, direction, bytes) }];
    })
    .toSorted((left, right) => left.ms - right.ms);
  const classes = new Map<string, number>();
  let current = 0;
  let quickestMs = measured[0]?.ms ?? 0;
  for (const { name, ms } of measured) {
    if (ms > quickestMs * CLASS_FACTOR) {
      current += 1;
      quickestMs = ms;
    }
    classes.set(name, current);
  }
  const median = classes.get(measured[Math.floor((measured.length - 1) / 2)]?.name ?? "") ?? 0;
  for (const name of names) if (!classes.has(name)) classes.set(name, median);
  return classes;
}

function timeOf(speed: SpaceSpeed, direction: "read" | "write", bytes: number): number {
  return direction === "read"
    ? speed.readMs + (bytes / speed.readBytesPerSecond) * 1000
    : speed.writeMs + (bytes / speed.writeBytesPerSecond) * 1000;
}
