/** What a hashing worker is told. `id` names one hash under way. Bytes come in a transferred `buffer` (`bytes` of them), or lie at `offset` of
 *  the memory of the buffer pool, which the worker got as its `workerData`, and stay as they are until it answers. */
export type HashRequest =
  | { readonly kind: "update"; readonly id: number; readonly buffer: ArrayBuffer; readonly bytes: number }
  | { readonly kind: "view"; readonly id: number; readonly offset: number; readonly bytes: number }
  | { readonly kind: "digest"; readonly id: number }
  | { readonly kind: "cancel"; readonly id: number };

/** What a hashing worker answers: that it has taken in a buffer (to be filled again) or a view, each in the order of the requests, or the
 *  digest in hex. */
export type HashReply =
  | { readonly kind: "view"; readonly id: number }
  | { readonly kind: "buffer"; readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly kind: "digest"; readonly id: number; readonly hex: string };
