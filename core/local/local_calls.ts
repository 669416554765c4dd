import { quickCalls } from "./quick_calls.ts";

/** Calls to local files that only look at names or change them. */
export const localCalls = quickCalls();
