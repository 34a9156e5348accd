/** So often, while the server answers: what then still fails isn't there. */
const TRIES = 4
/** At most so long between two tries. */
const MAX_WAIT_MS = 8000

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
 * Loads a part of the page, trying again until the server answers, and then for
 * a few seconds: a server that is just being replaced, or a lost connection, must
 * not leave a hole in the page. What still fails is thrown.
 */
export async function loadChunk<T>(load: () => Promise<T>, waitMs = 1000): Promise<T> {
  for (let attempt = 1, refused = 0; ; attempt++) {
    try {
      if (attempt > 1) await reloadStyles()
      return await load()
    } catch (thrown) {
      if ((await serverAnswers()) && ++refused === TRIES) throw thrown
      await pause(Math.min(waitMs * 2 ** (attempt - 1), MAX_WAIT_MS))
    }
  }
}

function serverAnswers(): Promise<boolean> {
  return fetch('/readyz', { method: 'HEAD', cache: 'no-store' }).then(
    () => true,
    () => false,
  )
}

/** Waits, but not longer than until there is a network again. */
function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      done()
    }
    const timer = setTimeout(end, ms)
    addEventListener('online', end)
  })
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
