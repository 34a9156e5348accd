const TRIES = 4

/**
 * Loads a part of the page, trying again for a few seconds: a server that is
 * just being replaced must not leave an empty page. What still fails is thrown.
 */
export async function loadChunk<T>(load: () => Promise<T>, waitMs = 1000): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await load()
    } catch (thrown) {
      if (attempt === TRIES) throw thrown
      await new Promise((done) => setTimeout(done, waitMs * 2 ** (attempt - 1)))
    }
  }
}
