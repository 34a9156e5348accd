import type { AnswerOf, CallArgs, Method, PathOf } from './rest'
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

/** Authorised calls of the OpenAPI document's paths. All throw ApiError. */
export interface Api {
  get<P extends PathOf<'get'>>(path: P, ...input: CallArgs<'get', P>): Promise<AnswerOf<'get', P>>
  post<P extends PathOf<'post'>>(path: P, ...input: CallArgs<'post', P>): Promise<AnswerOf<'post', P>>
  put<P extends PathOf<'put'>>(path: P, ...input: CallArgs<'put', P>): Promise<AnswerOf<'put', P>>
  patch<P extends PathOf<'patch'>>(path: P, ...input: CallArgs<'patch', P>): Promise<AnswerOf<'patch', P>>
  delete<P extends PathOf<'delete'>>(path: P, ...input: CallArgs<'delete', P>): Promise<AnswerOf<'delete', P>>
  /** Whether a GET of this address would be answered, without its body. */
  check(address: string): Promise<void>
}

/** What any of the calls may take; which of it one does is in its type. */
interface AnyInput {
  path?: Record<string, string>
  query?: Record<string, string | number | undefined>
  body?: unknown
  signal?: AbortSignal
}

/** `/api/users/{id}` with its values in place. */
function addressOf(path: string, { path: values = {}, query = {} }: AnyInput): string {
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  if (set.length === 0) return place
  return `${place}?${new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()}`
}

function initOf(method: Method, { body, signal }: AnyInput): AuthorisedInit {
  if (body === undefined) return { method: method.toUpperCase(), signal }
  return { method: method.toUpperCase(), signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

type AuthorisedInit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

export function createApi(tokens: TokenSource): Api {
  const authorised = (address: string, init: AuthorisedInit, token: string) =>
    call(address, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } })

  async function ask(address: string, init: AuthorisedInit): Promise<Response> {
    const token = await tokens.freshToken()
    try {
      return await authorised(address, init, token)
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.status !== 401) throw thrown
      return authorised(address, init, await tokens.renew(token))
    }
  }

  const by =
    <M extends Method>(method: M) =>
    async <P extends PathOf<M>>(path: P, ...args: CallArgs<M, P>): Promise<AnswerOf<M, P>> => {
      const input: AnyInput = args[0] ?? {}
      const response = await ask(addressOf(path, input), initOf(method, input))
      // What an answer holds is the document's promise; the golden bodies hold it to that.
      return (response.status === 204 ? undefined : await response.json()) as AnswerOf<M, P>
    }

  return {
    get: by('get'),
    post: by('post'),
    put: by('put'),
    patch: by('patch'),
    delete: by('delete'),
    check: async (address) => {
      await ask(address, { method: 'HEAD' })
    },
  }
}
