/** What a hashing worker is told. `id` names one hash under way; `bytes` counts the bytes of `buffer` to take in; buffers are transferred. */
export type HashRequest =
  | { readonly kind: "update"; readonly id: number; readonly buffer: ArrayBuffer; readonly bytes: number }
  | { readonly kind: "digest"; readonly id: number }
  | { readonly kind: "cancel"; readonly id: number };

/** What a hashing worker answers: a buffer that it has taken in (to be filled again), or the digest in hex. */
export type HashReply =
  | { readonly kind: "buffer"; readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly kind: "digest"; readonly id: number; readonly hex: string };
