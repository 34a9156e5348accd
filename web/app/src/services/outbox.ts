import { asApiError, type ApiError } from '@/lib/api'
import { newId } from '@/lib/id'
import { Listeners } from '@/lib/listeners'
import { backoff } from '@/lib/queryClient'
import { openChannel, type Channel } from '@/lib/tabs'
import type { Message, ReplyBody } from '@/lib/types'
import type { OutboxItem, OutboxStore } from './outboxStore'

export type { OutboxItem } from './outboxStore'

/** An item as the page shows it. */
export interface Waiting extends OutboxItem {
  /** It is on this device's disk. */
  kept: boolean
}

interface Parts {
  userId: string
  store: OutboxStore
  post: (conversationId: string, body: ReplyBody) => Promise<Message>
  /** Takes the message into the cache before its waiting row goes. */
  accept: (message: Message) => void
}

interface Lane {
  sending: boolean
  failures: number
  timer?: ReturnType<typeof setTimeout>
}

const none: readonly Waiting[] = []

/**
 * Replies on their way to the server: shown at once, sent one after another
 * within a conversation, tried again until an answer is known, and kept on this
 * device until then. A repeated send makes no second message (clientId).
 */
export class Outbox {
  private items = new Map<string, readonly Waiting[]>()
  private readonly taken = new Map<string, Message>()
  private readonly lanes = new Map<string, Lane>()
  private order = 0
  private running = false
  private channel: Channel<{ conversationId: string; clientId: string }> | null = null
  private readonly changed = new Listeners()

  subscribe = this.changed.add

  constructor(private readonly parts: Parts) {}

  /** Takes up what an earlier page left behind. */
  async start(): Promise<void> {
    this.running = true
    this.channel = openChannel('portal-outbox', ({ conversationId, clientId }) => this.drop(conversationId, clientId))
    window.addEventListener('online', this.kick)
    let left: OutboxItem[]
    try {
      left = await this.parts.store.load(this.parts.userId)
    } catch {
      // No storage here: replies last as long as the page.
      return
    }
    for (const item of left) {
      const known = this.of(item.conversationId)
      if (known.some((w) => w.clientId === item.clientId)) continue
      this.set(item.conversationId, [...known, { ...item, kept: true }].sort((a, b) => a.order - b.order))
    }
    this.kick()
  }

  stop(): void {
    this.running = false
    window.removeEventListener('online', this.kick)
    for (const lane of this.lanes.values()) clearTimeout(lane.timer)
    this.channel?.close()
    this.parts.store.close()
  }

  /** What waits in a conversation, in order; the same array until it changes. */
  of(conversationId: string): readonly Waiting[] {
    return this.items.get(conversationId) ?? none
  }

  /** The last reply from here: one that waits, or the message that the server made of it, of which the log may not have told yet. */
  newest(conversationId: string): Waiting | Message | undefined {
    return this.of(conversationId).at(-1) ?? this.taken.get(conversationId)
  }

  send(conversationId: string, text: string, more: Pick<OutboxItem, 'seenMessageId' | 'force'> = {}): string {
    this.order = Math.max(this.order + 1, Date.now() * 1000)
    const item: Waiting = {
      clientId: newId(),
      userId: this.parts.userId,
      conversationId,
      text,
      createdAt: new Date().toISOString(),
      order: this.order,
      ...more,
      state: 'waiting',
      kept: false,
    }
    this.set(conversationId, [...this.of(conversationId), item])
    this.keep(item)
    void this.drain(conversationId)
    return item.clientId
  }

  /** The reply that waits for its writer's decision. */
  stale(conversationId: string): Waiting | undefined {
    return this.of(conversationId).find((item) => item.state === 'stale')
  }

  sendAnyway(conversationId: string): void {
    const item = this.stale(conversationId)
    if (!item) return
    this.change(item, { state: 'waiting', force: true, newer: undefined })
    void this.drain(conversationId)
  }

  /** Tries a reply again that was refused. */
  retry(conversationId: string, clientId: string): void {
    const item = this.of(conversationId).find((w) => w.clientId === clientId)
    if (item?.state !== 'failed') return
    this.change(item, { state: 'waiting', problem: undefined })
    void this.drain(conversationId)
  }

  /** Takes a reply back. Gives undefined where it was sent meanwhile. */
  discard(conversationId: string, clientId: string): Waiting | undefined {
    const item = this.of(conversationId).find((w) => w.clientId === clientId)
    if (item) this.forget(item)
    return item
  }

  /** The way to the server may be open again. */
  kick = (): void => {
    for (const [conversationId, lane] of this.lanes) {
      clearTimeout(lane.timer)
      lane.timer = undefined
      lane.failures = 0
      void this.drain(conversationId)
    }
    for (const conversationId of this.items.keys()) {
      if (!this.lanes.has(conversationId)) void this.drain(conversationId)
    }
  }

  private async drain(conversationId: string): Promise<void> {
    const lane = this.lanes.get(conversationId) ?? { sending: false, failures: 0 }
    this.lanes.set(conversationId, lane)
    if (lane.sending || lane.timer !== undefined) return
    lane.sending = true
    try {
      for (;;) {
        const item = this.of(conversationId).find((w) => w.state !== 'failed')
        if (item?.state !== 'waiting' || !this.running) return
        const { clientId, text, seenMessageId, force } = item
        try {
          const message = await this.parts.post(conversationId, { clientId, text, seenMessageId, force })
          lane.failures = 0
          this.parts.accept(message)
          this.taken.set(conversationId, message)
          this.forget(item)
        } catch (thrown) {
          if (!this.whenRefused(item, lane, asApiError(thrown))) return
        }
      }
    } finally {
      lane.sending = false
      if (this.of(conversationId).length === 0) this.lanes.delete(conversationId)
    }
  }

  /** Tells whether the next one may be sent now. */
  private whenRefused(item: Waiting, lane: Lane, error: ApiError): boolean {
    if (error.transient || error.status === 401) {
      lane.timer = setTimeout(() => {
        lane.timer = undefined
        void this.drain(item.conversationId)
      }, backoff(lane.failures++, error.retryAfter))
      return false
    }
    const { newer } = error.problem
    if (error.status === 409 && newer && newer.length > 0) {
      this.change(item, { state: 'stale', newer })
      return false
    }
    this.change(item, { state: 'failed', problem: { ...error.problem, status: error.status } })
    return true
  }

  private change(item: Waiting, change: Partial<Waiting>): void {
    const changed = { ...item, ...change }
    this.set(item.conversationId, this.of(item.conversationId).map((w) => (w.clientId === item.clientId ? changed : w)))
    this.keep(changed)
  }

  private keep(waiting: Waiting): void {
    const { kept, ...item } = waiting
    this.parts.store.put(item).then(
      () => this.markKept(item),
      () => undefined,
    )
  }

  private markKept({ conversationId, clientId }: OutboxItem): void {
    const items = this.of(conversationId)
    if (!items.some((w) => w.clientId === clientId && !w.kept)) return
    this.set(conversationId, items.map((w) => (w.clientId === clientId ? { ...w, kept: true } : w)))
  }

  private forget(item: Waiting): void {
    this.drop(item.conversationId, item.clientId)
    this.channel?.post({ conversationId: item.conversationId, clientId: item.clientId })
    // Left behind it would be sent again by the next page, and make no second message.
    this.parts.store.remove(item).catch(() => undefined)
    if (this.running) void this.drain(item.conversationId)
  }

  private drop(conversationId: string, clientId: string): void {
    this.set(conversationId, this.of(conversationId).filter((w) => w.clientId !== clientId))
  }

  private set(conversationId: string, items: readonly Waiting[]): void {
    if (items.length === 0) this.items.delete(conversationId)
    else this.items.set(conversationId, items)
    this.changed.call()
  }
}
