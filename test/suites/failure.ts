import { JcsError } from "../../core/errors.ts";

/** The kind of the {@link JcsError} that a call ends with; `undefined` when it succeeds. Any other error is thrown on. */
export async function failure(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof JcsError) return error.kind;
    throw error;
  }
}
