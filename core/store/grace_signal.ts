import { CANCEL_GRACE_MS } from "../limits.ts";

/** A signal that is aborted {@link CANCEL_GRACE_MS} after `signal`, with its reason: for steps of which none may be the last, and which are quicker finished than
 *  undone. `end` must be called when they are done. */
export function graceSignal(signal: AbortSignal | undefined): {
  readonly signal: AbortSignal;
  end(): void;
} {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    timer = setTimeout(() => controller.abort(signal?.reason), CANCEL_GRACE_MS);
  };
  if (signal?.aborted === true) begin();
  else signal?.addEventListener("abort", begin, { once: true });
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", begin);
    },
  };
}
