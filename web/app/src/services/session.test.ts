import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api'
import { Session } from './session'

const ann = { id: 'ann', email: 'ann@acme.test', name: 'Ann', role: 'agent', tenantId: 'acme' }

/** The sign-in part of the portal, as a fetch. */
class Server {
  cookie = false
  life = 900_000
  user = ann
  tokens = 0
  calls: string[] = []
  /** A status to answer with instead, or 0 for no answer. */
  broken: number | null = null

  fetch = async (path: string): Promise<Response> => {
    this.calls.push(path.replace('/api/auth/', ''))
    await Promise.resolve()
    if (this.broken === 0) throw new TypeError('Failed to fetch')
    if (this.broken) return this.problem(this.broken)
    switch (path) {
      case '/api/auth/session':
        return Response.json({ session: this.cookie })
      case '/api/auth/logout':
        this.cookie = false
        return new Response(null, { status: 204 })
      case '/api/auth/refresh':
        if (!this.cookie) return this.problem(401)
        return this.session()
      default:
        this.cookie = true
        return this.session()
    }
  }

  private session(): Response {
    return Response.json({ accessToken: `token-${++this.tokens}`, expiresAt: new Date(Date.now() + this.life).toISOString(), user: this.user })
  }

  private problem(status: number): Response {
    return new Response(JSON.stringify({ status, title: 'no' }), { status })
  }
}

let server: Server
const sessions: Session[] = []

function open(): Session {
  const session = new Session()
  sessions.push(session)
  session.start()
  return session
}

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
const status = (session: Session) => session.snapshot().status

beforeEach(() => {
  vi.useFakeTimers()
  server = new Server()
  vi.stubGlobal('fetch', server.fetch)
})

afterEach(() => {
  for (const session of sessions.splice(0)) session.stop()
  localStorage.clear()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('on load', () => {
  test('PAGE-9 a page without a session asks for no token, so that its console stays clean', async () => {
    const session = open()
    expect(status(session)).toBe('loading')
    await settle()
    expect(status(session)).toBe('out')
    expect(server.calls).toEqual(['session'])
  })

  test('PAGE-8 a session is restored; nothing of it is in storage', async () => {
    server.cookie = true
    const session = open()
    await settle()
    expect(session.snapshot()).toMatchObject({ status: 'in', user: ann })
    expect(await session.freshToken()).toBe('token-1')
    expect(JSON.stringify([localStorage, sessionStorage, document.cookie])).not.toContain('token')
  })

  test('PAGE-11 while the server is away it waits and tries again', async () => {
    server.cookie = true
    server.broken = 0
    const session = open()
    await settle()
    expect(session.snapshot()).toMatchObject({ status: 'loading', retryAt: Date.now() + 1000 })
    server.broken = null
    await settle(1000)
    expect(status(session)).toBe('in')
  })
})

describe('signed in', () => {
  async function signedIn(): Promise<Session> {
    const session = open()
    await settle()
    await session.login('ann@acme.test', 'correct horse')
    return session
  }

  test('PAGE-10 the token is renewed before it runs out, and told', async () => {
    const session = await signedIn()
    const told = vi.fn()
    session.onToken(told)
    await settle(server.life * 0.69)
    expect(told).not.toHaveBeenCalled()
    await settle(server.life * 0.12)
    expect(told).toHaveBeenCalledWith('token-2')
  })

  test('a token near its end is renewed before it is used, once for all who ask', async () => {
    const session = await signedIn()
    vi.setSystemTime(Date.now() + server.life)
    expect(await Promise.all([session.freshToken(), session.freshToken()])).toEqual(['token-2', 'token-2'])
  })

  test('a refused renewal ends the session, here and in the other tabs', async () => {
    const session = await signedIn()
    const other = open()
    await settle()
    server.cookie = false
    await expect(session.renew('token-1')).rejects.toThrow(ApiError)
    expect(session.snapshot()).toMatchObject({ status: 'out', signedOutReason: 'expired' })
    await vi.waitFor(() => expect(other.snapshot()).toMatchObject({ status: 'out', signedOutReason: 'expired' }), 10_000)
  })

  test('PAGE-12 a session that ended elsewhere is noticed without asking for a token in vain', async () => {
    const session = await signedIn()
    server.cookie = false
    server.calls = []
    await expect(session.reclaim()).rejects.toMatchObject({ status: 401 })
    expect(session.snapshot()).toMatchObject({ status: 'out', signedOutReason: 'elsewhere' })
    expect(server.calls).toEqual(['session'])
  })

  test('PAGE-12 a session that goes on gets a fresh token after the server ended a socket', async () => {
    const session = await signedIn()
    expect(await session.reclaim()).toBe('token-2')
    expect(status(session)).toBe('in')
  })

  test('no answer to a renewal ends nothing', async () => {
    const session = await signedIn()
    server.broken = 503
    await expect(session.renew('token-1')).rejects.toThrow(ApiError)
    expect(status(session)).toBe('in')
  })

  test('PAGE-8, PAGE-12 signing out ends it in every tab, at once and for good', async () => {
    const session = await signedIn()
    const other = open()
    await settle()
    expect(status(other)).toBe('in')
    const late = session.refresh().catch((thrown: unknown) => thrown)
    await session.logout()
    expect(await late).toBeInstanceOf(ApiError)
    expect(session.snapshot()).toEqual({ status: 'out', user: null, signedOutReason: 'chosen' })
    await vi.waitFor(() => expect(other.snapshot()).toMatchObject({ status: 'out', signedOutReason: 'chosen' }), 10_000)
    expect(server.cookie).toBe(false)
  })

  test('PAGE-8 a sign-out that the server did not hear is not undone by a reload, and told then', async () => {
    const session = await signedIn()
    server.broken = 0
    await session.logout()
    expect(server.cookie).toBe(true)
    server.broken = null
    const reloaded = open()
    expect(status(reloaded)).toBe('out')
    await settle()
    expect(server.cookie).toBe(false)
    expect(localStorage).toHaveLength(0)
  })

  test('when another tab signs in as someone else, this one follows', async () => {
    const session = await signedIn()
    const other = open()
    await settle()
    server.user = { ...ann, id: 'ben' }
    await other.login('ben@acme.test', 'x')
    await vi.waitFor(() => expect(session.snapshot().user?.id).toBe('ben'), 10_000)
  })
})

test('a wrong password throws what the server said', async () => {
  const session = open()
  await settle()
  server.broken = 401
  await expect(session.login('a', 'b')).rejects.toMatchObject({ status: 401 })
  expect(status(session)).toBe('out')
})
