/** What each call of the OpenAPI document takes and gives, by method and path. */
import type { paths } from './documents/openapi'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** The paths that know a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never
}[keyof paths]

type Operation<M extends Method, P extends PathOf<M>> = paths[P][M]

type InPath<O> = O extends { parameters: { path: infer V } } ? { path: V } : { path?: undefined }
type InQuery<O> = O extends { parameters: { query?: infer V } } ? { query?: V } : { query?: undefined }
type InBody<O> = O extends { requestBody: { content: { 'application/json': infer V } } } ? { body: V } : { body?: undefined }
type Input<O> = InPath<O> & InQuery<O> & InBody<O> & { signal?: AbortSignal }

/** One object with what the call takes; nothing where it takes nothing. */
export type CallArgs<M extends Method, P extends PathOf<M>> =
  Partial<Input<Operation<M, P>>> extends Input<Operation<M, P>> ? [input?: Input<Operation<M, P>>] : [input: Input<Operation<M, P>>]

type Given<R> = R extends { content: { 'application/json': infer V } } ? V : undefined
type Done<R> = Given<R[keyof R & (200 | 201 | 204)]>

/** The body of the call's answer, where it is done. */
export type AnswerOf<M extends Method, P extends PathOf<M>> = Operation<M, P> extends { responses: infer R } ? Done<R> : never
