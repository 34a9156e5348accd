import { Listeners } from '@/lib/listeners'
import type { Ack, ClientEventName, ClientEvents, PortalEvent, ServerEventName, ServerEvents } from '@/lib/types'
import type { SyncSocket } from '@/services/sync'
import type { ThreadRooms } from '@/services/threadRooms'
import type { ModelPortal } from './modelPortal'
import type { Random } from './random'

type RoomSocket = ConstructorParameters<typeof ThreadRooms>[1]

const roomOf = (event: PortalEvent): string | null => {
  if (event.type === 'message:new') return event.body.message.conversationId
  return event.type === 'message:delivered' ? event.body.conversationId : null
}

/**
 * A socket to a ModelPortal as the contract describes it: events in order, with
 * delays; breaks that are recovered or not; joins with replay. What is on its
 * way when the connection breaks is lost.
 */
export class ModelSocket implements SyncSocket, RoomSocket {
  inStep = false
  readonly status = { setRemaining: () => undefined }
  private readonly hearers = new Map<ServerEventName, Listeners<[body: never]>>()
  private readonly connects = new Listeners<[recovered: boolean]>()
  private readonly losses = new Listeners()
  onConnect = this.connects.add
  onLost = this.losses.add

  private connection = 0
  private up = false
  /** Which rooms the server has this socket in, each with the position of its join. */
  private rooms = new Map<string, number>()
  /** The live position that the client has received, and what the server has sent. */
  private received = 0
  private line: Promise<void> = Promise.resolve()

  constructor(
    private readonly portal: ModelPortal,
    private readonly random: Random,
  ) {
    portal.onEvent((event) => this.push(event))
  }

  start(): void {
    setTimeout(() => this.connect(false), this.delay())
  }

  stop(): void {
    this.up = false
    this.connection++
  }

  /** The connection breaks and comes back. */
  breakDown(recovers: boolean): void {
    if (!this.up) return
    this.stop()
    this.inStep = false
    this.losses.call()
    setTimeout(() => this.connect(recovers), 20 * this.delay())
  }

  on<T extends ServerEventName>(event: T, handler: (body: ServerEvents[T]) => void): () => void {
    const listeners = this.hearers.get(event) ?? new Listeners<[body: never]>()
    this.hearers.set(event, listeners)
    return listeners.add(handler)
  }

  async emit<T extends ClientEventName>(event: T, body: ClientEvents[T]): Promise<Ack> {
    const { connection } = this
    if (!this.up) throw new Error('not connected')
    await this.wait()
    if (connection !== this.connection) throw new Error('broken on the way')
    return new Promise((resolve, reject) => {
      const ack = this.handle(event, (body as { conversationId: string }).conversationId, (body as { since?: number }).since)
      this.deliver(() => resolve(ack))
      this.losses.add(() => reject(new Error('broken on the way back')))
    })
  }

  markInStep(): void {
    this.inStep = true
  }

  private handle(event: ClientEventName, id: string, since?: number): Ack {
    if (event === 'conversation:leave') {
      this.rooms.delete(id)
      return { ok: true }
    }
    const { seq, trimmed, log } = this.portal
    if (since !== undefined && since > seq) return { ok: false, error: { code: 'invalid', message: 'ahead' } }
    if (since !== undefined && since < trimmed) return { ok: false, error: { code: 'gone', message: 'gone', seq } }
    for (const missed of log.slice(since ?? seq)) if (roomOf(missed) === id) this.send(missed, false)
    this.rooms.set(id, seq)
    return { ok: true, seq }
  }

  private connect(recovers: boolean): void {
    this.up = true
    this.connection++
    const recovered = recovers && this.received >= this.portal.trimmed
    if (!recovered) this.rooms.clear()
    this.deliver(() => this.connects.call(recovered))
    const offset = this.received
    if (recovered) for (const event of this.portal.log.slice(offset)) this.push(event)
    const { seq } = this.portal
    this.deliver(() => {
      this.received = Math.max(this.received, seq)
      this.say('session:ready', { user: { id: '', email: '', name: '', role: 'agent', tenantId: 't' }, tenantId: 't', seq })
    })
  }

  private push(event: PortalEvent): void {
    if (!this.up) return
    const room = roomOf(event)
    const joined = room === null ? 0 : this.rooms.get(room)
    if (joined !== undefined && event.body.seq > joined) this.send(event, true)
  }

  private send(event: PortalEvent, live: boolean): void {
    this.deliver(() => {
      if (live) this.received = event.body.seq
      this.say(event.type, event.body)
    })
  }

  private say(name: ServerEventName, body: unknown): void {
    this.hearers.get(name)?.call(body as never)
  }

  /** In order, each after a while, and never after the connection's end. */
  private deliver(arrive: () => void): void {
    const { connection } = this
    this.line = this.line.then(async () => {
      if (this.random.chance(0.3)) await this.wait()
      if (connection === this.connection) arrive()
    })
  }

  private wait(): Promise<void> {
    return new Promise((done) => setTimeout(done, this.delay()))
  }

  private delay(): number {
    return 1 + this.random.below(40)
  }
}
