const TRIES = 4

/** Styles that didn't come. A browser may give them a sheet, an empty one, so only their error tells. */
const failed = new Set<HTMLLinkElement>()
addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') failed.add(target)
  },
  true,
)

/**
 * Loads a part of the page, trying again for a few seconds: a server that is
 * just being replaced must not leave an empty page. What still fails is thrown.
 */
export async function loadChunk<T>(load: () => Promise<T>, waitMs = 1000): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (attempt > 1) await reloadStyles()
      return await load()
    } catch (thrown) {
      if (attempt === TRIES) throw thrown
      await new Promise((done) => setTimeout(done, waitMs * 2 ** (attempt - 1)))
    }
  }
}

/** The bundler's loader asks for a part's styles only once: without this, the next try would come without them. */
async function reloadStyles(): Promise<void> {
  const links = [...failed]
  failed.clear()
  await Promise.all(
    links.map(
      (link) =>
        new Promise<void>((done, fail) => {
          const again = document.createElement('link')
          again.rel = 'stylesheet'
          again.href = link.href
          again.onload = () => done()
          again.onerror = () => fail(new Error(`no styles: ${again.href}`))
          link.replaceWith(again)
        }),
    ),
  )
}
