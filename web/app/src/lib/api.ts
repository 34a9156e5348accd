import type { Problem } from './types'

/** A call that the server answered with a problem, or (status 0) didn't answer. */
export class ApiError extends Error {
  /** When a repeated call will be made, in ms since 1970; set by who repeats it. */
  retryAt?: number

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly problem: Problem,
    /** Seconds until it is worth trying again, where the server said so. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail ?? problem.title ?? (status === 0 ? 'no answer' : `HTTP ${status}`))
    this.name = 'ApiError'
  }

  /** The same call may succeed later. */
  get transient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

/** What was thrown, as an ApiError: anything else is taken for a missing answer. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  return new ApiError(0, { title: thrown instanceof Error ? thrown.message : 'no answer' })
}

function retryAfterOf(response: Response): number | undefined {
  const header = response.headers.get('Retry-After')
  if (!header) return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json()
    if (typeof body === 'object' && body !== null) return body as Problem
  } catch {
    // A proxy's page, not the portal's: the status has to do.
  }
  return { status: response.status, title: response.statusText }
}

/** One call; throws ApiError for anything but a 2xx. */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init })
  } catch (thrown) {
    if (init.signal?.aborted) throw thrown
    throw asApiError(thrown)
  }
  if (!response.ok) {
    throw new ApiError(response.status, await problemOf(response), retryAfterOf(response))
  }
  return response
}

/** Where the calls get their access token from. */
export interface TokenSource {
  /** A token that is good for a while; asks for one first where needed. */
  freshToken(): Promise<string>
  /** The server refused `token`: a newer one, or a rejection once signed out. */
  renew(token: string): Promise<string>
}

export interface CallOptions {
  query?: Record<string, string | number | undefined>
  signal?: AbortSignal
}

/** Authorised calls. All throw ApiError. */
export interface Api {
  get<T>(path: string, options?: CallOptions): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  patch<T>(path: string, body: unknown): Promise<T>
  delete<T>(path: string): Promise<T>
  /** Whether a GET would be answered, without its body. */
  check(path: string): Promise<void>
}

function withQuery(path: string, query: CallOptions['query']): string {
  const set = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '')
  if (set.length === 0) return path
  return `${path}?${new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()}`
}

type AuthorisedInit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

export function createApi(tokens: TokenSource): Api {
  const authorised = (path: string, init: AuthorisedInit, token: string) =>
    call(path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } })

  async function ask(path: string, init: AuthorisedInit): Promise<Response> {
    const token = await tokens.freshToken()
    try {
      return await authorised(path, init, token)
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.status !== 401) throw thrown
      return authorised(path, init, await tokens.renew(token))
    }
  }

  async function send<T>(path: string, init: AuthorisedInit): Promise<T> {
    const response = await ask(path, init)
    if (response.status === 204) return undefined as T
    return (await response.json()) as T
  }

  const write = (method: string) => <T>(path: string, body?: unknown) =>
    send<T>(path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })

  return {
    get: (path, options = {}) => send(withQuery(path, options.query), { signal: options.signal }),
    post: write('POST'),
    put: write('PUT'),
    patch: write('PATCH'),
    delete: (path) => write('DELETE')(path),
    check: async (path) => {
      await ask(path, { method: 'HEAD' })
    },
  }
}
