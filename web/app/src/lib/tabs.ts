/** What the browser gives tabs of one origin to agree among themselves. */

/**
 * Runs `work` while no other tab runs one under the same name. Where the page
 * has no Web Locks (plain http to another machine) it runs at once.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Typed as always there, but absent outside secure contexts.
  const locks = navigator.locks as LockManager | undefined
  if (!locks) return work()
  return await locks.request(name, work)
}

/** Takes the lock for `holdMs` if nobody has it; tells whether it did. */
export async function claim(name: string, holdMs: number): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined
  if (!locks) return true
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, async (lock) => {
        resolve(lock !== null)
        if (lock) await new Promise((done) => setTimeout(done, holdMs))
      })
      .catch(reject)
  })
}

/** A channel to the other tabs; silent where the browser has none. */
export interface Channel<T> {
  post(message: T): void
  close(): void
}

export function openChannel<T>(name: string, hear: (message: T) => void): Channel<T> {
  if (typeof BroadcastChannel === 'undefined') return { post: () => undefined, close: () => undefined }
  const channel = new BroadcastChannel(name)
  channel.onmessage = (event: MessageEvent<T>) => hear(event.data)
  return { post: (message) => channel.postMessage(message), close: () => channel.close() }
}
