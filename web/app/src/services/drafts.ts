import { Listeners } from '@/lib/listeners'

const WRITE_MS = 300

export type DraftMap = Readonly<Record<string, string>>

/**
 * What a person has begun to write, by conversation, kept on this device for
 * that person only. Changes are written a moment later, or when the page goes.
 */
export class Drafts {
  private all: DraftMap
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly key: string
  private readonly changed = new Listeners()

  subscribe = this.changed.add
  snapshot = (): DraftMap => this.all

  constructor(userId: string) {
    this.key = `portal.drafts.${userId}`
    this.all = this.read()
  }

  start(): () => void {
    const leave = () => this.write()
    const other = (event: StorageEvent) => {
      if (event.key !== this.key) return
      this.all = this.read()
      this.changed.call()
    }
    window.addEventListener('pagehide', leave)
    window.addEventListener('storage', other)
    return () => {
      window.removeEventListener('pagehide', leave)
      window.removeEventListener('storage', other)
      this.write()
    }
  }

  get(conversationId: string): string {
    return this.all[conversationId] ?? ''
  }

  /** A blank text is no draft. */
  set(conversationId: string, text: string): void {
    if (this.get(conversationId) === text) return
    const others = Object.entries(this.all).filter(([id]) => id !== conversationId)
    this.all = Object.fromEntries(text.trim() === '' ? others : [...others, [conversationId, text]])
    this.timer ??= setTimeout(() => this.write(), WRITE_MS)
    this.changed.call()
  }

  private read(): DraftMap {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.key) ?? '{}')
      if (typeof kept !== 'object' || kept === null) return {}
      return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
    } catch {
      return {}
    }
  }

  private write(): void {
    if (this.timer === undefined) return
    clearTimeout(this.timer)
    this.timer = undefined
    try {
      localStorage.setItem(this.key, JSON.stringify(this.all))
    } catch {
      // Full or forbidden: drafts then last as long as the page.
    }
  }
}
