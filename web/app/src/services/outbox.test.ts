import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api'
import type { Message, ReplyBody } from '@/lib/types'
import { message } from '@/test/fixtures'
import { Outbox, type OutboxItem } from './outbox'
import { IndexedOutboxStore, type OutboxStore } from './outboxStore'

/** A server that holds every message once by its clientId, and answers as told. */
class Server {
  readonly taken: string[] = []
  readonly calls: ReplyBody[] = []
  answers: (() => void)[] = []
  fail: ((body: ReplyBody) => unknown) | null = null

  post = async (conversationId: string, body: ReplyBody): Promise<Message> => {
    this.calls.push(body)
    await Promise.resolve()
    const failure: unknown = this.fail?.(body)
    if (failure && failure !== lostAnswer) throw failure as Error
    if (!this.taken.includes(body.clientId)) this.taken.push(body.clientId)
    if (failure) throw new ApiError(0, {})
    return message(body.clientId, this.taken.length, { conversationId, clientId: body.clientId, text: body.text })
  }

  get texts() {
    return this.taken.map((id) => this.calls.find((c) => c.clientId === id)?.text)
  }
}

/** The message was taken, but the sender never learns of it. */
const lostAnswer = 'lost'

class MemoryStore implements OutboxStore {
  readonly items = new Map<string, OutboxItem>()
  load = (userId: string) => Promise.resolve([...this.items.values()].filter((i) => i.userId === userId))
  put = (item: OutboxItem) => Promise.resolve(void this.items.set(item.clientId, structuredClone(item)))
  remove = ({ clientId }: OutboxItem) => Promise.resolve(void this.items.delete(clientId))
  close = () => undefined
}

const boxes: Outbox[] = []
const down = () => new ApiError(0, {})

async function open(server: Server, store: OutboxStore = new MemoryStore(), userId = 'ann') {
  const accepted: Message[] = []
  const outbox = new Outbox({ userId, store, post: server.post, accept: (m) => accepted.push(m) })
  boxes.push(outbox)
  await outbox.start()
  return { outbox, accepted }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  for (const box of boxes.splice(0)) box.stop()
  vi.useRealTimers()
})

test('PAGE-33 a reply is shown at once, goes out, and its message takes its place', async () => {
  const server = new Server()
  const { outbox, accepted } = await open(server)
  outbox.send('c1', 'hello', { seenMessageId: 'm1' })
  expect(outbox.of('c1').map((w) => w.text)).toEqual(['hello'])
  await settle()
  expect(outbox.of('c1')).toEqual([])
  expect(accepted.map((m) => m.text)).toEqual(['hello'])
  expect(server.calls[0]).toMatchObject({ text: 'hello', seenMessageId: 'm1' })
})

test('PAGE-22 the newest of one’s own is told, also after the server has taken it', async () => {
  const server = new Server()
  const { outbox } = await open(server)
  expect(outbox.newest('c1')).toBeUndefined()
  outbox.send('c1', 'hello')
  expect(outbox.newest('c1')).toMatchObject({ text: 'hello', state: 'waiting' })
  await settle()
  expect(outbox.newest('c1')).toMatchObject({ text: 'hello', status: 'queued', version: 1 })
})

test('PAGE-33 replies of a conversation go out in order, those of others beside them', async () => {
  const server = new Server()
  server.fail = ({ text }) => (text === 'first' && server.calls.length < 4 ? down() : null)
  const { outbox } = await open(server)
  outbox.send('c1', 'first')
  outbox.send('c1', 'second')
  outbox.send('c2', 'other')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(server.texts).toEqual(['other', 'first', 'second'])
})

test('offline it waits with back-off and goes at once when the way is open again', async () => {
  const server = new Server()
  server.fail = down
  const { outbox } = await open(server)
  outbox.send('c1', 'hello')
  await vi.advanceTimersByTimeAsync(60_000)
  const tries = server.calls.length
  expect(tries).toBeGreaterThan(3)
  expect(tries).toBeLessThan(10)
  server.fail = null
  window.dispatchEvent(new Event('online'))
  await settle()
  expect(server.texts).toEqual(['hello'])
})

test('PAGE-33 a lost answer makes no second message', async () => {
  const server = new Server()
  server.fail = () => (server.calls.length < 3 ? lostAnswer : null)
  const { outbox } = await open(server)
  outbox.send('c1', 'hello')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(server.calls).toHaveLength(3)
  expect(server.taken).toHaveLength(1)
  expect(outbox.of('c1')).toEqual([])
})

test('Retry-After is honoured', async () => {
  const server = new Server()
  server.fail = () => (server.calls.length === 1 ? new ApiError(429, {}, 7) : null)
  const { outbox } = await open(server)
  outbox.send('c1', 'hello')
  await vi.advanceTimersByTimeAsync(6900)
  expect(server.calls).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(server.texts).toEqual(['hello'])
})

test('what was refused for good stays as failed, holds up nothing, and can be tried again or taken back', async () => {
  const server = new Server()
  server.fail = ({ text }) => (text === 'bad' ? new ApiError(409, { detail: 'closed' }) : null)
  const { outbox } = await open(server)
  outbox.send('c1', 'bad')
  outbox.send('c1', 'good')
  await settle()
  expect(server.texts).toEqual(['good'])
  const [failed] = outbox.of('c1')
  expect(failed).toMatchObject({ state: 'failed', problem: { detail: 'closed', status: 409 } })
  server.fail = null
  outbox.retry('c1', failed!.clientId)
  await settle()
  expect(server.texts).toEqual(['good', 'bad'])
})

test('PAGE-32 a stale reply waits for its writer, and those behind it wait too', async () => {
  const server = new Server()
  const newer = [message('m9', 9)]
  server.fail = ({ force }) => (force ? null : new ApiError(409, { newer }))
  const { outbox } = await open(server)
  outbox.send('c1', 'mine')
  outbox.send('c1', 'behind', { force: true })
  await settle()
  expect(server.taken).toEqual([])
  expect(outbox.stale('c1')).toMatchObject({ text: 'mine', newer })
  outbox.sendAnyway('c1')
  await settle()
  expect(server.texts).toEqual(['mine', 'behind'])
})

test('a stale reply that is taken back lets the next one go', async () => {
  const server = new Server()
  server.fail = ({ text }) => (text === 'mine' ? new ApiError(409, { newer: [message('m9', 9)] }) : null)
  const { outbox } = await open(server)
  outbox.send('c1', 'mine')
  outbox.send('c1', 'behind')
  await settle()
  expect(outbox.discard('c1', outbox.stale('c1')!.clientId)?.text).toBe('mine')
  await settle()
  expect(server.texts).toEqual(['behind'])
})

test('PAGE-33 what waits survives a reload, in order, for its writer only', async () => {
  vi.useRealTimers()
  const name = `test-${Math.random()}`
  const server = new Server()
  server.fail = down
  const first = await open(server, new IndexedOutboxStore(name))
  first.outbox.send('c1', 'one')
  first.outbox.send('c1', 'two')
  await vi.waitFor(() => expect(first.outbox.of('c1').map((w) => w.kept)).toEqual([true, true]), 10_000)
  first.outbox.stop()

  server.fail = null
  const other = await open(server, new IndexedOutboxStore(name), 'ben')
  expect(other.outbox.of('c1')).toEqual([])
  other.outbox.stop()

  const second = await open(server, new IndexedOutboxStore(name))
  await vi.waitFor(() => expect(server.texts).toEqual(['one', 'two']), 10_000)
  await vi.waitFor(async () => expect(await new IndexedOutboxStore(name).load('ann')).toEqual([]), 10_000)
  expect(second.outbox.of('c1')).toEqual([])
})

test('without storage it is still sent, and said not to be kept', async () => {
  const server = new Server()
  server.fail = down
  const broken: OutboxStore = {
    load: () => Promise.reject(new Error('no storage')),
    put: () => Promise.reject(new Error('no storage')),
    remove: () => Promise.reject(new Error('no storage')),
    close: () => undefined,
  }
  const { outbox } = await open(server, broken)
  outbox.send('c1', 'hello')
  await settle()
  expect(outbox.of('c1')[0]?.kept).toBe(false)
  server.fail = null
  await vi.advanceTimersByTimeAsync(10_000)
  expect(server.texts).toEqual(['hello'])
})
