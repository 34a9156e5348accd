import type { Query, QueryClient } from '@tanstack/react-query'
import { acceptConversation } from '@/lib/acceptAnswer'
import type { Api } from '@/lib/api'
import type { EventBuffer } from '@/lib/eventBuffer'
import { isCounter, liveData, markStale } from '@/lib/freshness'
import type { Conversation, DurableEventName, PortalEvent } from '@/lib/types'
import type { EventPump } from './eventPump'
import type { SocketService } from './socketService'
import type { ThreadRooms } from './threadRooms'

/** By type each of them: one that is new in the document and missing here doesn't compile. */
const DURABLE = Object.keys({
  'conversation:new': true,
  'conversation:updated': true,
  'conversation:assigned': true,
  'message:new': true,
  'message:delivered': true,
} satisfies Record<DurableEventName, true>) as DurableEventName[]

/** After a break that couldn't be recovered, pages reload spread over this time. */
const JITTER_MS = 1500
/** How long an answer of a write waits for its event before it stands in for it. */
const EVENT_WAIT_MS = 1000
/** A counter that needs asking is asked this much later, for the others that may follow. */
const STALE_MS = 250

/** What the sync needs of the socket. */
export type SyncSocket = Pick<
  SocketService,
  'on' | 'onConnect' | 'onLost' | 'start' | 'stop' | 'markInStep'
> & { status: Pick<SocketService['status'], 'setRemaining'> }

interface Parts {
  client: QueryClient
  buffer: EventBuffer
  api: Api
  socket: SyncSocket
  pump: EventPump
  rooms: ThreadRooms
  me: string
  /** Spreads reloads; Math.random but for tests. */
  random?: () => number
}

/**
 * Keeps the cache equal to the log: feeds events in, notices when some were
 * missed, and reloads then. While `live`, what the cache holds is what is true.
 */
export class Sync {
  live = false
  /** Events may have been missed that no reload has brought yet. */
  private missed = true
  private everReady = false
  private recovered = false
  /** Counts connections gained and lost, so that what awaits knows its own is over. */
  private era = 0
  /** The log's end as it was asked for while catching up. */
  private head: number | null = null
  private stops: (() => void)[] = []
  private counting: ReturnType<typeof setTimeout> | undefined
  private asking: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly parts: Parts) {}

  start(): void {
    const { socket, client, pump } = this.parts
    this.stops = [
      ...DURABLE.map((type) => socket.on(type, (body) => pump.receive({ type, body } as PortalEvent))),
      socket.onConnect((recovered) => this.whenConnected(recovered)),
      socket.onLost(() => this.whenLost()),
      socket.on('session:ready', ({ seq }) => void this.whenReady(seq)),
      pump.onApplied(() => this.showRemaining()),
      client.getQueryCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'success') this.whenLoaded(event.query as Query)
      }),
    ]
    socket.start()
  }

  stop(): void {
    this.whenLost()
    clearTimeout(this.asking)
    for (const stop of this.stops) stop()
    this.parts.pump.stop()
    this.parts.socket.stop()
  }

  /**
   * The server changed a conversation. Its event brings the change, the counters
   * included; only where that doesn't come in time does the answer stand in.
   */
  async acceptConversation(conversation: Conversation): Promise<void> {
    const { pump, client, me } = this.parts
    if (await pump.reached(conversation.version, this.live ? EVENT_WAIT_MS : 0)) return
    acceptConversation(client, conversation, me)
  }

  private whenConnected(recovered: boolean): void {
    this.recovered = recovered
    if (!recovered) {
      this.missed = true
      this.parts.rooms.reset()
    }
    clearTimeout(this.counting)
    this.counting = setTimeout(() => void this.countRemaining(), 300)
  }

  private whenLost(): void {
    this.live = false
    this.era++
    this.head = null
    clearTimeout(this.counting)
    this.parts.rooms.pause()
  }

  /** The server has sent all that was missed; what it couldn't is reloaded. */
  private async whenReady(seq: number): Promise<void> {
    const { client, pump, rooms, socket, buffer, random = Math.random } = this.parts
    const era = ++this.era
    const first = !this.everReady
    this.everReady = true
    clearTimeout(this.counting)
    pump.flush()
    pump.lastSeq = this.recovered ? Math.max(pump.lastSeq, seq) : seq
    if (!this.recovered) {
      buffer.reset(seq)
      markStale(client, first ? seq : Infinity)
      if (!first) await new Promise((done) => setTimeout(done, JITTER_MS * random()))
      if (era !== this.era) return
    }
    this.live = true
    rooms.resume()
    if (this.missed) await this.reload()
    if (era !== this.era) return
    this.missed = false
    this.askCounters()
    await rooms.settle()
    if (era === this.era) socket.markInStep()
  }

  /** Resolves when all that was marked has been loaded anew. */
  private reload(): Promise<void> {
    return this.parts.client.refetchQueries({ predicate: (query) => liveData(query)?.stale === true, type: 'active' })
  }

  private whenLoaded(query: Query): void {
    const [, kind, id] = query.queryKey
    const data = liveData(query)
    if (!data || !this.live) return
    if (kind === 'messages' && typeof id === 'string') void this.parts.rooms.reconcile(id)
    if (isCounter(query) && data.stale) this.askCounters()
  }

  /** Asks in a moment for counters that know themselves to be off. */
  private askCounters(): void {
    this.asking ??= setTimeout(() => {
      this.asking = undefined
      if (!this.live) return
      void this.parts.client.refetchQueries({
        predicate: (query) => isCounter(query) && liveData(query)?.stale === true,
        type: 'active',
      })
    }, STALE_MS)
  }

  /** Catching up takes a while: how far is it? */
  private async countRemaining(): Promise<void> {
    const { era } = this
    try {
      const { seq } = await this.parts.api.get('/api/conversations', { query: { limit: 1 } })
      if (era !== this.era) return
      this.head = seq
      this.showRemaining()
    } catch {
      // Then it isn't known.
    }
  }

  private showRemaining(): void {
    const { socket, pump } = this.parts
    if (this.head !== null && !this.live) socket.status.setRemaining(Math.max(0, this.head - pump.lastSeq))
  }
}
