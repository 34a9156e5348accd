import { Listeners } from '@/lib/listeners'

/** More than this nobody looks back at. */
const KEPT = 200

export type RetryTimes = Readonly<Record<string, number>>

/**
 * When failed messages were sent again, by id (ms since 1970). The log doesn't
 * tie the new message to the failed one, so this device remembers: who comes
 * back to the thread must not be led to send the same a third time.
 */
export class Retries {
  private all: RetryTimes
  private readonly key: string
  private readonly changed = new Listeners()

  subscribe = this.changed.add
  snapshot = (): RetryTimes => this.all

  constructor(userId: string) {
    this.key = `portal.retries.${userId}`
    this.all = this.read()
  }

  note(messageId: string): void {
    const others = Object.entries(this.all).filter(([id]) => id !== messageId)
    this.all = Object.fromEntries([...others, [messageId, Date.now()] as const].slice(-KEPT))
    try {
      localStorage.setItem(this.key, JSON.stringify(this.all))
    } catch {
      // Full or forbidden: it then lasts as long as the page.
    }
    this.changed.call()
  }

  private read(): RetryTimes {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.key) ?? '{}')
      if (typeof kept !== 'object' || kept === null) return {}
      return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
    } catch {
      return {}
    }
  }
}
