import type { PortalEvent } from './types'

/**
 * The recent durable events, in seq order, to be applied to answers that were
 * taken before them. Bounded: what is dropped raises the floor.
 */
export class EventBuffer {
  private events: PortalEvent[] = []

  /**
   * Every event of the tenant's room above this seq is here or yet to come; an
   * answer with a lower seq can't be brought up to date. -Infinity until known.
   */
  floor = -Infinity

  constructor(private readonly limit = 2000) {}

  /** Forgets all: from `floor` on, the socket tells everything. */
  reset(floor: number): void {
    this.events = this.events.filter((event) => event.body.seq > floor)
    this.floor = floor
  }

  add(event: PortalEvent): void {
    const { seq } = event.body
    let at = this.events.length
    while (at > 0 && this.seqAt(at - 1) > seq) at--
    if (at > 0 && this.seqAt(at - 1) === seq) return
    this.events.splice(at, 0, event)
    while (this.events.length > this.limit) {
      const dropped = this.events.shift()
      if (dropped) this.floor = Math.max(this.floor, dropped.body.seq)
    }
  }

  /** The events above a seq, in order. */
  after(seq: number): PortalEvent[] {
    let at = this.events.length
    while (at > 0 && this.seqAt(at - 1) > seq) at--
    return this.events.slice(at)
  }

  private seqAt(index: number): number {
    return this.events[index]?.body.seq ?? -Infinity
  }
}
