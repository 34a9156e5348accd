import type { QueryClient } from '@tanstack/react-query'
import { applyEvents } from '@/lib/applyEvent'
import type { EventBuffer } from '@/lib/eventBuffer'
import { Listeners } from '@/lib/listeners'
import type { PortalEvent } from '@/lib/types'

/** Hidden pages get no animation frames; they are brought up to date this often. */
const HIDDEN_MS = 100

/**
 * Collects events and applies them once a frame, so that a burst makes one
 * render. What waits here is in the buffer already.
 */
export class EventPump {
  /** The highest seq that has come. */
  lastSeq = 0
  private waiting: PortalEvent[] = []
  private frame: number | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly appliedNow = new Listeners<[events: readonly PortalEvent[]]>()

  /** Calls with every burst after the cache has taken it. */
  onApplied = this.appliedNow.add

  constructor(
    private readonly client: QueryClient,
    private readonly buffer: EventBuffer,
    private readonly me: string,
  ) {}

  receive(event: PortalEvent): void {
    this.buffer.add(event)
    this.waiting.push(event)
    this.lastSeq = Math.max(this.lastSeq, event.body.seq)
    this.schedule()
  }

  /** Applies what waits, now. */
  flush = (): void => {
    this.stop()
    if (this.waiting.length === 0) return
    const events = this.waiting
    this.waiting = []
    applyEvents(this.client, events, this.me)
    this.appliedNow.call(events)
  }

  /** Tells whether the event of this seq has been applied, waiting for it for a while. */
  async reached(seq: number, waitMs: number): Promise<boolean> {
    if (this.lastSeq < seq) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          off()
          resolve()
        }
        const timer = setTimeout(done, waitMs)
        const off = this.onApplied(() => {
          if (this.lastSeq >= seq) done()
        })
      })
    }
    this.flush()
    return this.lastSeq >= seq
  }

  stop(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
    this.frame = this.timer = undefined
  }

  private schedule(): void {
    if (this.timer !== undefined) return
    // The timer stands in where frames have stopped (a hidden or covered page).
    this.timer = setTimeout(this.flush, HIDDEN_MS)
    if (document.visibilityState === 'visible') this.frame = requestAnimationFrame(this.flush)
  }
}
