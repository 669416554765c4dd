import { unlessAborted } from "../../bytes/unless_aborted.ts";

/** Waits `delayMs` milliseconds, or throws `error()` as soon as the signal is aborted. */
export async function pause(
  delayMs: number,
  options: { readonly signal: AbortSignal | undefined; readonly error: () => Error },
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await unlessAborted(
      () =>
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, delayMs);
        }),
      options,
    );
  } finally {
    clearTimeout(timer);
  }
}
