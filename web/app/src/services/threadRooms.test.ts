import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createQueryClient } from '@/lib/queryClient'
import { queryKeys } from '@/lib/queryKeys'
import type { ThreadData } from '@/lib/patch/thread'
import type { Ack } from '@/lib/types'
import { ThreadRooms } from './threadRooms'

const key = queryKeys.conversations.messages('c1')
const thread = (seq: number): ThreadData => ({ messages: [], nextCursor: null, seq })

/** A socket whose acknowledgements the test gives. */
function setUp() {
  const client = createQueryClient()
  const asked: { event: string; since?: number; answer: (ack: Ack) => void; lose: () => void }[] = []
  const left = vi.fn()
  const rooms = new ThreadRooms(
    client,
    {
      emit: (event, body) =>
        new Promise<Ack>((resolve, reject) => {
          asked.push({ event, since: (body as { since?: number }).since, answer: resolve, lose: () => reject(new Error('lost')) })
        }),
    },
    left,
  )
  rooms.resume()
  const next = async () => {
    await vi.advanceTimersByTimeAsync(1100)
    return asked.shift()!
  }
  return { client, rooms, next, asked, left }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('PAGE-45 joins from where the loaded thread ends, once that is known, and leaves when the last view goes', async () => {
  const { client, rooms, next, asked, left } = setUp()
  const close = rooms.open('c1')
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toHaveLength(0)
  client.setQueryData(key, thread(7))
  void rooms.reconcile('c1')
  const join = await next()
  expect([join.event, join.since]).toEqual(['conversation:join', 7])
  join.answer({ ok: true, seq: 9 })
  const again = rooms.open('c1')
  close()
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toHaveLength(0)
  again()
  const leave = await next()
  expect(leave.event).toBe('conversation:leave')
  leave.answer({ ok: true })
  await vi.advanceTimersByTimeAsync(0)
  expect(left).toHaveBeenCalledWith('c1')
})

test('PAGE-45 a join without an answer is repeated from the same position, whatever has come since', async () => {
  const { client, rooms, next } = setUp()
  client.setQueryData(key, thread(7))
  rooms.open('c1')
  const lost = await next()
  client.setQueryData(key, thread(20))
  lost.lose()
  const repeated = await next()
  expect(repeated.since).toBe(7)
})

test('PAGE-45 a join that failed for now is repeated from the same position, too: a part of its replay may have come', async () => {
  const { client, rooms, next } = setUp()
  client.setQueryData(key, thread(7))
  rooms.open('c1')
  for (const code of ['internal', 'rate_limited'] as const) {
    const refused = await next()
    client.setQueryData(key, thread(20))
    refused.answer({ ok: false, error: { code, message: '' } })
    await vi.advanceTimersByTimeAsync(0)
  }
  expect((await next()).since).toBe(7)
})

test('PAGE-45 a leave that failed for now is repeated', async () => {
  const { client, rooms, next, left } = setUp()
  client.setQueryData(key, thread(7))
  const close = rooms.open('c1')
  ;(await next()).answer({ ok: true, seq: 9 })
  close()
  const refused = await next()
  refused.answer({ ok: false, error: { code: 'internal', message: '' } })
  const leave = await next()
  expect(leave.event).toBe('conversation:leave')
  expect(left).not.toHaveBeenCalled()
  leave.answer({ ok: true })
  await vi.advanceTimersByTimeAsync(0)
  expect(left).toHaveBeenCalledWith('c1')
})

test('leaving before the join was answered: the next one starts from its position', async () => {
  const { client, rooms, next } = setUp()
  client.setQueryData(key, thread(7))
  const close = rooms.open('c1')
  const lost = await next()
  close()
  client.setQueryData(key, thread(20))
  lost.lose()
  const leave = await next()
  expect(leave.event).toBe('conversation:leave')
  leave.answer({ ok: true })
  await vi.advanceTimersByTimeAsync(0)
  rooms.open('c1')
  expect((await next()).since).toBe(7)
})

test('gone: the thread is loaded anew, and the join starts at the position the server named', async () => {
  const { client, rooms, next } = setUp()
  client.setQueryDefaults(key, { queryFn: () => thread(50), retry: false })
  client.setQueryData(key, thread(7))
  rooms.open('c1')
  const first = await next()
  first.answer({ ok: false, error: { code: 'gone', message: 'too old', seq: 60 } })
  expect((await next()).since).toBe(60)
})

test('what is not there is not asked for again on this connection', async () => {
  const { client, rooms, next, asked } = setUp()
  client.setQueryData(key, thread(7))
  rooms.open('c1')
  const join = await next()
  join.answer({ ok: false, error: { code: 'not_found', message: 'no' } })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked).toHaveLength(0)
})

test('a recovered connection has its rooms; a new one joins them again', async () => {
  const { client, rooms, next, asked } = setUp()
  client.setQueryData(key, thread(7))
  rooms.open('c1')
  const join = await next()
  join.answer({ ok: true, seq: 7 })
  await vi.advanceTimersByTimeAsync(0)
  rooms.pause()
  rooms.resume()
  void rooms.settle()
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toHaveLength(0)
  rooms.pause()
  rooms.reset()
  rooms.resume()
  void rooms.settle()
  expect((await next()).since).toBe(7)
})
