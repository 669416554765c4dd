import { quickCalls } from "./quick_calls.ts";

/** Calls to local files that leave the disk out, or read what it remembers of a name. */
export const localCalls = quickCalls();

/** Calls that wait for the disk. Where there is none (files in memory), the way to another thread would be most of the time; several disks that are quick are still quicker
 *  at a time than one after the other. */
export const localSyncs = quickCalls({ quickMs: 0.25 });
