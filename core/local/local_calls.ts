import { quickCalls } from "./quick_calls.ts";

/** Calls to local files that leave the disk out, or read what it remembers of a name. */
export const localCalls = quickCalls();

/** Calls that wait for the disk. Where there is none (files in memory), the way to another thread would be most of the time; what takes any longer
 *  is better done for several files at a time, in the pool. Only for what waits for a little: what a short call took says nothing about a long one. */
export const localSyncs = quickCalls({ quickMs: 0.25, hangingMs: 5 });
