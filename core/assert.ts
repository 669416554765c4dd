/** Stops at a programmer's mistake. Operating errors (networks, disks, users) are never asserted. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}
