import { ApiError, asApiError, call, type TokenSource } from '@/lib/api'
import { Listeners } from '@/lib/listeners'
import type { AnswerOf } from '@/lib/rest'
import { openChannel, withLock, type Channel } from '@/lib/tabs'
import type { SessionAnswer, User } from '@/lib/types'

/** Why a session ended: `chosen` by its user in a tab of this browser, else not. */
export type SignedOutReason = 'expired' | 'elsewhere' | 'chosen'

interface SessionState {
  status: 'loading' | 'in' | 'out'
  user: User | null
  signedOutReason?: SignedOutReason
  /** While loading: the server didn't answer and is asked again then (ms since 1970). */
  retryAt?: number
}

type TabMessage = { type: 'in'; userId: string } | { type: 'out'; reason: SignedOutReason }

interface Token {
  value: string
  /** By this machine's clock, in ms since 1970. */
  expiresAt: number
  lifeMs: number
}

/** Remembers a sign-out that the server hasn't heard of, so that a reload doesn't undo it. */
const UNTOLD = 'portal.signOutUntold'

function untold(value?: boolean): boolean {
  try {
    if (value === true) localStorage.setItem(UNTOLD, '1')
    if (value === false) localStorage.removeItem(UNTOLD)
    return localStorage.getItem(UNTOLD) !== null
  } catch {
    return false
  }
}

/**
 * The signed-in session of this tab. The access token lives here only, in
 * memory; the refresh token is a cookie that scripts can't read.
 */
export class Session implements TokenSource {
  private state: SessionState = { status: 'loading', user: null }
  private token: Token | null = null
  private refreshing: Promise<string> | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  /** Counts the sessions that ended, so that a late answer revives none. */
  private ended = 0
  private channel: Channel<TabMessage> | null = null
  private readonly changed = new Listeners()
  private readonly renewed = new Listeners<[token: string]>()

  subscribe = this.changed.add
  snapshot = (): SessionState => this.state
  /** Calls with every access token after the first of a session. */
  onToken = this.renewed.add

  /** Restores the session, if there is one. */
  start(): void {
    this.channel = openChannel<TabMessage>('portal-session', (message) => this.hear(message))
    if (this.state.status !== 'loading') return
    if (!untold()) return this.restore(0)
    this.set({ status: 'out', user: null })
    void this.tellSignOut({ late: true })
  }

  stop(): void {
    clearTimeout(this.timer)
    this.channel?.close()
    this.channel = null
  }

  async login(email: string, password: string): Promise<void> {
    const response = await call('/api/auth/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    untold(false)
    const user = await this.accept(response)
    this.channel?.post({ type: 'in', userId: user.id })
  }

  /** Signs out here at once, and on the server as soon as it answers. */
  async logout(): Promise<void> {
    this.end('chosen')
    this.channel?.post({ type: 'out', reason: 'chosen' })
    untold(true)
    await this.tellSignOut()
  }

  /** Late, by the page after: the earlier one's may have arrived, and telling it in vain would log an error. */
  private async tellSignOut({ late = false } = {}): Promise<void> {
    try {
      await withLock('portal-refresh', async () => {
        if (late && !(await this.hasCookie())) return
        await call('/api/auth/logout', { method: 'POST', keepalive: true })
      })
    } catch (thrown) {
      // No answer: the next page tells it.
      if (asApiError(thrown).transient) return
    }
    untold(false)
  }

  async freshToken(): Promise<string> {
    const token = this.token
    if (token && token.expiresAt - Date.now() > Math.min(10_000, token.lifeMs / 10)) return token.value
    try {
      return await this.refresh()
    } catch (thrown) {
      // No answer: the old one may still be good, and the server says if not.
      if (this.token && asApiError(thrown).transient) return this.token.value
      throw thrown
    }
  }

  renew(refused: string): Promise<string> {
    if (this.token && this.token.value !== refused) return Promise.resolve(this.token.value)
    return this.refresh()
  }

  /** A new access token. One tab asks at a time; a refusal ends the session. */
  refresh(): Promise<string> {
    this.refreshing ??= withLock('portal-refresh', () => this.askForToken()).finally(() => {
      this.refreshing = null
    })
    return this.refreshing
  }

  /**
   * A new access token after the server ended what the old one was used for. The
   * session may be over: that is asked first, as being refused a token is an error in the console.
   */
  async reclaim(): Promise<string> {
    const { ended } = this
    if (await this.hasCookie()) return this.refresh()
    if (ended === this.ended) this.end('elsewhere')
    throw new ApiError(401, { title: 'signed out' })
  }

  private async askForToken(): Promise<string> {
    const { ended } = this
    try {
      const response = await call('/api/auth/refresh', { method: 'POST' })
      if (ended !== this.ended) throw new ApiError(401, { title: 'signed out' })
      await this.accept(response)
    } catch (thrown) {
      if (asApiError(thrown).status === 401) {
        if (ended !== this.ended) throw thrown
        const wasIn = this.state.status === 'in'
        this.end(wasIn ? 'expired' : undefined)
        if (wasIn) this.channel?.post({ type: 'out', reason: 'expired' })
      }
      throw thrown
    }
    return this.token?.value ?? ''
  }

  private async accept(response: Response): Promise<User> {
    const answer = (await response.json()) as SessionAnswer
    // The server's clock tells the token's life; ours may be off.
    const serverNow = Date.parse(response.headers.get('Date') ?? '')
    const lifeMs = Math.max(1000, Date.parse(answer.expiresAt) - (Number.isNaN(serverNow) ? Date.now() : serverNow))
    this.token = { value: answer.accessToken, lifeMs, expiresAt: Date.now() + lifeMs }
    this.schedule(lifeMs * (0.7 + 0.1 * Math.random()))
    const known = this.state.user
    if (this.state.status !== 'in' || JSON.stringify(known) !== JSON.stringify(answer.user)) {
      this.set({ status: 'in', user: answer.user })
    }
    this.renewed.call(answer.accessToken)
    return answer.user
  }

  /** Refreshes before the token runs out; without an answer, again soon. */
  private schedule(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.refresh().catch((thrown: unknown) => {
        if (asApiError(thrown).transient && this.state.status === 'in') this.schedule(5000)
      })
    }, Math.min(ms, 2 ** 31 - 1))
  }

  private restore(attempt: number): void {
    this.ask().catch((thrown: unknown) => {
      const error = asApiError(thrown)
      if (this.state.status !== 'loading') return
      if (!error.transient) return this.end()
      const delay = (error.retryAfter ?? Math.min(8, 2 ** attempt)) * 1000
      this.set({ status: 'loading', user: null, retryAt: Date.now() + delay })
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.restore(attempt + 1), delay)
    })
  }

  private async ask(): Promise<void> {
    if (await this.hasCookie()) await this.refresh()
    else if (this.state.status === 'loading') this.end()
  }

  /** A page can't see the cookie; asking for a token in vain would log an error. */
  private async hasCookie(): Promise<boolean> {
    const response = await call('/api/auth/session')
    return ((await response.json()) as AnswerOf<'get', '/api/auth/session'>).session
  }

  private end(signedOutReason?: SignedOutReason): void {
    this.ended++
    clearTimeout(this.timer)
    this.token = null
    this.set({ status: 'out', user: null, signedOutReason })
  }

  private hear(message: TabMessage): void {
    switch (message.type) {
      case 'out':
        if (this.state.status === 'in') this.end(message.reason)
        return
      case 'in':
        // Another tab signed in, perhaps as someone else: the cookie is theirs now.
        if (this.state.user?.id === message.userId) return
        this.refresh().catch(() => undefined)
    }
  }

  private set(state: SessionState): void {
    this.state = state
    this.changed.call()
  }
}
