import { QueryObserver, type QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { acceptMessage } from '@/lib/acceptAnswer'
import { ApiError, type Api } from '@/lib/api'
import { EventBuffer } from '@/lib/eventBuffer'
import { createQueryClient } from '@/lib/queryClient'
import { createQueries, queryKeys, type Queries } from '@/lib/queryKeys'
import { compareKeys, sortKey } from '@/lib/patch/order'
import type { ListData } from '@/lib/patch/conversationList'
import type { ConversationFilter, Metrics } from '@/lib/types'
import { ModelPortal, type Asked } from '@/test/modelPortal'
import { ModelSocket } from '@/test/modelSocket'
import { Random } from '@/test/random'
import { EventPump } from './eventPump'
import { Sync } from './sync'
import { ThreadRooms } from './threadRooms'

const FILTERS: ConversationFilter[] = [{}, { status: 'active', sort: 'unread' }, { assignee: 'me' }, { search: '10', sort: 'createdAt' }]
const USERS = ['ann', 'ben', 'eve']

/** One agent's page, without the pixels. */
class Page {
  readonly client: QueryClient = createQueryClient()
  readonly socket: ModelSocket
  readonly sync: Sync
  readonly queries: Queries
  private readonly rooms: ThreadRooms
  private readonly observers: (() => void)[] = []
  private close: () => void = () => undefined
  thread: string | null = null

  constructor(readonly me: string, private readonly portal: ModelPortal, private readonly random: Random) {
    const { client } = this
    const buffer = new EventBuffer(200)
    this.socket = new ModelSocket(portal, random)
    const pump = new EventPump(client, buffer, me)
    this.rooms = new ThreadRooms(client, this.socket, () => undefined)
    this.sync = new Sync({ client, buffer, api: this.api(), socket: this.socket, pump, rooms: this.rooms, me, random: random.next })
    this.queries = createQueries({ api: this.api(), client, buffer, me, isLive: () => this.sync.live })
    for (const filter of FILTERS) this.observe(this.queries.list(filter))
    this.observe(this.queries.unread())
    this.observe({ ...this.queries.metrics(), refetchInterval: false })
    this.sync.start()
  }

  observe(options: unknown): () => void {
    const observer = new QueryObserver(this.client, options as ConstructorParameters<typeof QueryObserver>[1])
    const stop = observer.subscribe(() => undefined)
    this.observers.push(stop)
    return stop
  }

  open(id: string): void {
    this.close()
    this.thread = id
    const stops = [this.observe(this.queries.messages(id)), this.observe(this.queries.detail(id)), this.rooms.open(id)]
    this.close = () => stops.forEach((stop) => stop())
  }

  /** What an agent does: through the portal, the answer coming back later. */
  async reply(): Promise<void> {
    if (!this.thread || this.portal.conversations.get(this.thread)?.status !== 'active') return
    const message = this.portal.reply(this.thread, this.me, `client-${this.portal.seq}`)
    await this.wait()
    acceptMessage(this.client, message)
  }

  read(): Promise<void> {
    return this.change((id) => this.portal.read(id))
  }

  assign(userId: string | null): Promise<void> {
    return this.change((id) => this.portal.assign(id, userId))
  }

  setStatus(status: 'active' | 'closed'): Promise<void> {
    return this.change((id) => this.portal.setStatus(id, status))
  }

  /** Answers with the conversation as it is after the change, or as it was where nothing changed. */
  private async change(make: (id: string) => void): Promise<void> {
    if (!this.thread) return
    make(this.thread)
    const conversation = structuredClone(this.portal.conversations.get(this.thread)!)
    await this.wait()
    await this.sync.acceptConversation(conversation)
  }

  stop(): void {
    this.sync.stop()
    this.observers.forEach((stop) => stop())
    this.client.clear()
  }

  private wait(): Promise<void> {
    return new Promise((done) => setTimeout(done, 1 + this.random.below(60)))
  }

  /** REST: the snapshot is taken somewhere between question and answer; some calls fail. */
  private api(): Api {
    const get = async (path: string, input: Asked): Promise<unknown> => {
      await this.wait()
      const answer = this.portal.answer(path, input, this.me)
      await this.wait()
      if (this.random.chance(0.05)) throw new ApiError(503, {})
      return structuredClone(answer)
    }
    return { get: (path: string, input: Asked = {}) => get(path, input) } as unknown as Api
  }
}

/** Every loaded part equals what the portal would answer now. */
function expectEqual(page: Page, portal: ModelPortal): void {
  for (const filter of FILTERS) {
    const list = page.client.getQueryData<ListData>(queryKeys.conversations.list(filter))!
    const rows = portal.list(filter, page.me)
    const { bound } = list
    expect(list.conversations).toEqual(bound ? rows.filter((c) => compareKeys(sortKey(c, filter.sort), bound) <= 0) : rows)
    expect(list.stale).toBeFalsy()
  }
  expect(page.client.getQueryData(queryKeys.conversations.unread)).toMatchObject({ total: portal.unreadTotal() })
  const { activeConversations, closedConversations, unassignedConversations, totalMessages } = portal.metrics()
  expect(page.client.getQueryData<Metrics>(queryKeys.analytics.metrics)).toMatchObject({
    activeConversations, closedConversations, unassignedConversations, totalMessages,
  })
  if (!page.thread) return
  const all = portal.messages.get(page.thread) ?? []
  const { messages } = page.client.getQueryData<{ messages: { seq: number }[] }>(queryKeys.conversations.messages(page.thread))!
  expect(messages).toEqual(all.filter((m) => m.seq >= (messages[0]?.seq ?? 0)))
  expect(page.client.getQueryData(queryKeys.conversations.detail(page.thread))).toMatchObject({
    conversation: portal.conversations.get(page.thread),
  })
}

/** One thing happens somewhere. */
function happen(portal: ModelPortal, random: Random): void {
  const ids = [...portal.conversations.keys()]
  const contact = random.below(25)
  if (ids.length === 0 || random.chance(0.3)) return portal.inbound(contact)
  const id = random.pick(ids)
  switch (random.below(6)) {
    case 0:
      return portal.setStatus(id, random.pick(['active', 'closed'] as const))
    case 1:
      return portal.assign(id, random.pick([null, ...USERS]))
    case 2:
      return portal.read(id)
    case 3:
      return portal.rename(contact, `Contact ${contact}${random.below(3)}`)
    case 4:
      if (portal.conversations.get(id)?.status === 'active') portal.reply(id, random.pick(USERS), `by-${portal.seq}`)
      return
    default: {
      const message = random.pick(portal.messages.get(id) ?? [])
      return portal.report(id, message.id, random.pick(['sent', 'delivered', 'read', 'failed'] as const))
    }
  }
}

function pageDoes(page: Page, portal: ModelPortal, random: Random): void {
  switch (random.below(12)) {
    case 0:
      return page.open(random.pick([...portal.conversations.keys()]))
    case 1:
      return void page.queries.fetchNextPage(random.pick(FILTERS)).catch(() => undefined)
    case 2:
      if (page.thread) void page.queries.fetchOlder(page.thread).catch(() => undefined)
      return
    case 3:
      return void page.reply()
    case 4:
      return void page.read()
    case 5:
      return page.socket.breakDown(random.chance(0.7))
    case 6:
      if (random.chance(0.2)) portal.trimmed = Math.max(portal.trimmed, portal.seq - 30)
      return
    case 7: // PAGE-46
      if (page.thread) void page.queries.shortenThread(page.thread)
      return
    case 8: // PAGE-47
      return void page.queries.shortenList(random.pick(FILTERS), () => random.chance(0.8)).catch(() => undefined)
    case 10:
      return void page.assign(random.pick([null, ...USERS]))
    case 11:
      return void page.setStatus(random.pick(['active', 'closed'] as const))
    default:
      return
  }
}

/** The first 40; `SEEDS=1000` runs as many, `SEED=17` that one again. */
function seeds(): number[] {
  const { SEED, SEEDS = '40' } = process.env
  return SEED ? [Number(SEED)] : Array.from({ length: Number(SEEDS) }, (_, i) => i + 1)
}

describe('PAGE-44 several pages with breaks, slow answers and overtaking events', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const seed of seeds()) {
    test(`equal the portal in the end (seed ${seed})`, async () => {
      const random = new Random(seed)
      const portal = new ModelPortal()
      for (let i = 0; i < 60; i++) happen(portal, random)
      const pages = USERS.map((me) => new Page(me, portal, random))
      for (let step = 0; step < 250; step++) {
        happen(portal, random)
        if (random.chance(0.5)) pageDoes(random.pick(pages), portal, random)
        if (random.chance(0.6)) await vi.advanceTimersByTimeAsync(random.below(80))
      }
      await vi.advanceTimersByTimeAsync(60_000)
      for (const page of pages) {
        expect(page.socket.inStep).toBe(true)
        expectEqual(page, portal)
        page.stop()
      }
    })
  }
})
