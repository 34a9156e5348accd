import { io, type Socket } from 'socket.io-client'
import { asApiError } from '@/lib/api'
import { Listeners } from '@/lib/listeners'
import type { Ack, ClientEventName, ClientEvents, ServerEventName, ServerEvents } from '@/lib/types'
import { ConnectionStatus } from './connectionState'
import type { Session } from './session'
import { watchForWakeUps } from './wakeUps'

/** How long an acknowledgement may take. */
const ACK_MS = 5000
/** How long the server may take to answer after the page woke up. */
const WAKE_ACK_MS = 2500
/** How often the answer time is measured. */
const PING_EVERY_MS = 25_000

interface Refusal extends Error {
  data?: { code?: 'token_missing' | 'token_invalid' | 'token_expired' }
}

/** A call over the socket that got no answer. */
class NoAck extends Error {}

/**
 * The page's one socket. It comes back by itself after any loss, at once when
 * the machine wakes up, and with a fresh token when the server ended it.
 *
 * The reconnecting is our own, not the client library's: its loop can't be
 * hurried without its private parts, and a wake-up must not wait for a back-off.
 */
export class SocketService {
  readonly status = new ConnectionStatus()
  readonly socket: Socket
  /** Connects that failed in a row, and those that the server refused for the token. */
  private attempts = 0
  private refusals = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private running = false
  private stopWatching: (() => void) | undefined
  private readonly connected = new Listeners<[recovered: boolean]>()
  private readonly lost = new Listeners()

  /** Calls after every connect; what was missed comes after it, then `session:ready`. */
  onConnect = this.connected.add
  onLost = this.lost.add

  constructor(private readonly session: Session) {
    this.socket = io({
      autoConnect: false,
      forceNew: true,
      reconnection: false,
      timeout: 8000,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      auth: (send) => {
        // Without a token the server refuses, and then we ask for one again.
        session.freshToken().then(
          (token) => send({ token }),
          () => send({ token: '' }),
        )
      },
    })
    this.socket.on('connect', () => this.whenConnected())
    this.socket.on('disconnect', (reason) => this.whenLost(reason === 'io server disconnect'))
    this.socket.on('connect_error', (error: Refusal) => this.whenRefused(error))
    this.socket.io.on('ping', () => this.status.heard())
    this.socket.onAny(() => this.status.heard())
  }

  /** Connects and stays connected until stop. */
  start(): void {
    if (this.running) return
    this.running = true
    this.status.lost()
    const stopTokens = this.session.onToken((token) => this.tellToken(token))
    const stopWakeUps = watchForWakeUps((kind) => this.wake(kind === 'offline'))
    const pinging = setInterval(() => {
      if (document.visibilityState === 'visible') this.check(ACK_MS)
    }, PING_EVERY_MS)
    this.stopWatching = () => {
      stopTokens()
      stopWakeUps()
      clearInterval(pinging)
    }
    this.socket.connect()
  }

  /** Says goodbye: the server forgets what this socket could recover. */
  stop(): void {
    this.running = false
    clearTimeout(this.retry)
    this.stopWatching?.()
    this.status.stop()
    this.socket.disconnect()
  }

  /** Tries now, whatever the back-off. */
  reconnect = (): void => {
    if (!this.running) return
    if (this.socket.connected) return this.check(WAKE_ACK_MS)
    clearTimeout(this.retry)
    this.attempts = 0
    this.dropTransport()
    // Dropping counted as a loss and set a retry.
    clearTimeout(this.retry)
    this.socket.connect()
  }

  on<T extends ServerEventName>(event: T, handler: (body: ServerEvents[T]) => void): () => void {
    // To the library any name is fine; what the server sends under it is ours to know.
    const name: string = event
    this.socket.on(name, handler)
    return () => this.socket.off(name, handler)
  }

  /** Sends and waits for the acknowledgement; rejects with NoAck without a connection or an answer in time. */
  async emit<T extends ClientEventName>(event: T, body: ClientEvents[T], timeoutMs = ACK_MS): Promise<Ack> {
    if (!this.socket.connected) throw new NoAck('not connected')
    try {
      return (await this.socket.timeout(timeoutMs).emitWithAck(event, body)) as Ack
    } catch (thrown) {
      throw new NoAck(thrown instanceof Error ? thrown.message : 'no answer')
    }
  }

  /** Sends what is worthless later (typing), or drops it. */
  emitVolatile<T extends ClientEventName>(event: T, body: ClientEvents[T]): void {
    if (this.socket.connected) this.socket.volatile.emit(event, body)
  }

  /** All that was missed has been applied. */
  markInStep(): void {
    if (!this.socket.connected) return
    this.status.inStep()
    this.check(ACK_MS)
  }

  private whenConnected(): void {
    this.attempts = 0
    this.refusals = 0
    clearTimeout(this.retry)
    this.status.catchingUp()
    this.connected.call(this.socket.recovered)
  }

  private whenLost(endedByServer: boolean): void {
    if (!this.running) return
    this.status.lost()
    this.lost.call()
    if (endedByServer) this.renewAndConnect()
    else this.scheduleRetry()
  }

  private whenRefused(error: Refusal): void {
    if (!this.running) return
    this.status.lost()
    if (!error.data?.code) this.scheduleRetry()
    else if (this.refusals++ === 0) this.renewAndConnect()
    else this.scheduleRetry(() => this.renewAndConnect())
  }

  /** The token is not good any more: with a new one we may come back; refused, the session ends. */
  private renewAndConnect(): void {
    this.session.reclaim().then(
      () => {
        if (this.running) this.socket.connect()
      },
      (thrown: unknown) => {
        if (this.running && asApiError(thrown).transient) this.scheduleRetry()
      },
    )
  }

  private scheduleRetry(retry: () => void = () => this.socket.connect()): void {
    clearTimeout(this.retry)
    const delay = Math.min(1000 * 2 ** this.attempts, 5000) * (0.5 + Math.random())
    this.attempts++
    this.retry = setTimeout(() => {
      if (this.running) retry()
    }, delay)
  }

  private wake(wentOffline: boolean): void {
    if (!this.running) return
    if (wentOffline) {
      if (this.socket.connected) this.dropTransport()
      return
    }
    if (this.socket.connected) this.check(WAKE_ACK_MS)
    else this.reconnect()
  }

  /** Asks the server for a sign of life; without one the transport is as good as gone. */
  private check(timeoutMs: number): void {
    const asked = performance.now()
    const { id } = this.socket
    this.emit('session:ping', {}, timeoutMs).then(
      () => this.status.measured(Math.round(performance.now() - asked)),
      () => {
        // Another connection has taken this one's place meanwhile, or it is known to be lost.
        if (!this.running || !this.socket.connected || this.socket.id !== id) return
        this.dropTransport()
        this.reconnect()
      },
    )
  }

  private tellToken(token: string): void {
    if (!this.socket.connected) return
    // Unanswered, the socket lives to its old expiry and then comes back with the new token.
    this.emit('auth:refresh', { token }).catch(() => undefined)
  }

  /** Closes the transport only, so that the session can still be recovered. */
  private dropTransport(): void {
    if (this.socket.io._readyState !== 'closed') this.socket.io._close()
  }
}
