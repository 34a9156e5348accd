import { Listeners } from '@/lib/listeners'

export type ConnectionState = 'connected' | 'reconnecting' | 'disconnected'

export interface ConnectionSnapshot {
  state: ConnectionState
  /** When this state began, in ms since 1970. */
  since: number
  /** The last round trip to the server. */
  latencyMs: number | null
  /** At most so many events are still to come while catching up; null when not known. */
  remaining: number | null
  /** When the page was last known to be in step, in ms since 1970. */
  lastSyncAt: number | null
  /** There has been no connection for a while: what one sends waits here. */
  offline: boolean
}

/** Without a connection for so long, the page says that it is cut off. */
const GIVE_UP_MS = 30_000
/** A server that starts again is back within this; beyond it, replies are said to wait. */
const OFFLINE_MS = 5_000

/**
 * What the page shows of its connection: in step, on the way there, or cut off.
 * Not connected but in step is what `connected` means.
 */
export class ConnectionStatus {
  private current: ConnectionSnapshot = {
    state: 'reconnecting',
    since: Date.now(),
    latencyMs: null,
    remaining: null,
    lastSyncAt: null,
    offline: false,
  }
  private timers: ReturnType<typeof setTimeout>[] = []
  private lastHeard = 0
  private readonly changed = new Listeners()

  subscribe = this.changed.add
  snapshot = (): ConnectionSnapshot => this.current

  /** There is no transport, or none that answers. */
  lost(): void {
    const lastSyncAt = this.current.state === 'connected' ? this.lastHeard : this.current.lastSyncAt
    if (this.timers.length === 0) {
      this.timers = [
        setTimeout(() => this.set({ ...this.current, offline: true }), OFFLINE_MS),
        setTimeout(() => this.move('disconnected'), GIVE_UP_MS),
      ]
    }
    if (this.current.state === 'connected') this.move('reconnecting', { lastSyncAt })
  }

  /** A transport is up; what was missed is still to come. */
  catchingUp(): void {
    this.found()
    if (this.current.state !== 'reconnecting') this.move('reconnecting')
  }

  /** All that was missed has been applied. */
  inStep(): void {
    this.found()
    if (this.current.state !== 'connected') this.move('connected', { lastSyncAt: this.lastHeard })
  }

  /** Something came from the server. */
  heard(): void {
    this.lastHeard = Date.now()
  }

  measured(latencyMs: number): void {
    this.heard()
    this.set({ ...this.current, latencyMs, lastSyncAt: this.current.state === 'connected' ? this.lastHeard : this.current.lastSyncAt })
  }

  setRemaining(remaining: number | null): void {
    if (remaining !== this.current.remaining) this.set({ ...this.current, remaining })
  }

  stop(): void {
    this.timers.forEach(clearTimeout)
    this.timers = []
  }

  private found(): void {
    this.stop()
    this.heard()
    if (this.current.offline) this.set({ ...this.current, offline: false })
  }

  private move(state: ConnectionState, more: Partial<ConnectionSnapshot> = {}): void {
    this.set({ ...this.current, ...more, state, since: Date.now(), remaining: null })
  }

  private set(next: ConnectionSnapshot): void {
    this.current = next
    this.changed.call()
  }
}
