import { requireOperation } from "../store/require_operation.ts";
import type { CallOptions, MultipartStep, SignedRequest, Store } from "../store/store.ts";
import { storeError } from "../store/store_error.ts";

/** One signed request of an upload in parts. */
export interface SignedStep {
  readonly step: Exclude<MultipartStep["step"], "create">;
  readonly uploadId: string;
  /** Of a part. */
  readonly number?: number;
  readonly request: SignedRequest;
}

/** Signs all that somebody without credentials needs to upload an object in `parts` parts: each part in its order, the list of what is there, the completion,
 *  and the abort where there is one. Begins an upload unless `uploadId` names one; when signing fails, one that was begun here is aborted. */
export async function* signUpload(
  store: Store,
  path: string,
  options: CallOptions & {
    readonly parts: number;
    readonly uploadId?: string;
    readonly expiresInSeconds: number;
  },
): AsyncIterable<SignedStep> {
  const { parts, expiresInSeconds, signal } = options;
  const sign = requireOperation(store, "signMultipart", path);
  if (!Number.isInteger(parts) || parts < 1) {
    const state = "an upload in parts needs at least one part";
    throw storeError(store.info, { kind: "Usage", operation: "sign", path, state });
  }
  const call = signal === undefined ? {} : { signal };
  // What cannot be signed is not begun.
  if (options.uploadId === undefined) await sign(path, { step: "create" }, { expiresInSeconds });
  const begun =
    options.uploadId === undefined ? await requireOperation(store, "multipart", path)(path, call) : undefined;
  const uploadId = begun?.id ?? options.uploadId ?? "";
  const numbers = Array.from({ length: parts }, (_, index) => index + 1);
  let complete = false;
  try {
    const steps: readonly Exclude<MultipartStep, { readonly step: "create" }>[] = [
      ...numbers.map((number) => ({ step: "part", uploadId, number }) as const),
      { step: "list", uploadId },
      { step: "complete", uploadId, numbers },
      { step: "abort", uploadId },
    ];
    for (const step of steps) {
      const request = await sign(path, step, { expiresInSeconds });
      if (request === undefined) continue;
      yield { step: step.step, uploadId, ...(step.step === "part" ? { number: step.number } : {}), request };
    }
    complete = true;
  } finally {
    if (!complete) await begun?.abort().catch(() => {});
  }
}
