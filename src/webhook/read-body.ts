/** GitHub's own limit for a payload. */
export const maxBodyBytes = 25 * 1024 * 1024;

/** Memory that all bodies under way may hold together: anybody can begin one, the signature is known at its end. */
export interface BodyBudget {
  left: number;
}

/**
 * The raw bytes of a request, or `too-large` as soon as that is known: by its announced length, or by what has come so
 * far. No more than the limit is ever held, and `busy` is the answer when the budget is used up.
 */
export async function readBody(
  request: Request,
  budget: BodyBudget,
  limit = maxBodyBytes,
): Promise<Uint8Array | 'too-large' | 'busy'> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) return 'too-large';
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks, size);
      size += value.byteLength;
      budget.left -= value.byteLength;
      if (size > limit) return 'too-large';
      if (budget.left < 0) return 'busy';
      chunks.push(value);
    }
  } finally {
    budget.left += size;
    // Of a body that was read to its end there is nothing left to refuse.
    await reader.cancel().catch(() => undefined);
  }
}
