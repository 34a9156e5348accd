/**
 * Polls until check gives something truthy and returns it; after ms it throws
 * with what, so that a failing test says what it waited for.
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  ms = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const got = await check();
      if (got) return got as NonNullable<Exclude<T, false>>;
      last = got;
    } catch (err) {
      last = err;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}; last: ${String(last)}`);
    await new Promise((r) => setTimeout(r, 20));
  }
}

/** A pause that is part of the scenario (traffic, think time), not a wait. */
export const pause = (ms: number) => new Promise<void>((r) => setTimeout(r, ms));
