/** What jsdom lacks of a browser, in the plainest form: nothing matches, nothing is resized. */
import { IDBFactory } from 'fake-indexeddb'
import { vi } from 'vitest'

export function addBrowserParts(): void {
  vi.stubGlobal('matchMedia', (media: string) => ({
    media,
    // As a wide screen.
    matches: media.includes('min-width'),
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }))
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe = () => undefined
      unobserve = () => undefined
      disconnect = () => undefined
    },
  )
  // What one test kept is not the next one's.
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('CSS', { escape: (text: string) => text })
  Element.prototype.scrollTo = () => undefined
  Object.defineProperty(document, 'fonts', { value: { addEventListener: () => undefined, removeEventListener: () => undefined }, configurable: true })
}
