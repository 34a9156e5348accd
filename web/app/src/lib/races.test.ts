import type { QueryClient } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'
import { ModelPortal, type Asked } from '@/test/modelPortal'
import { acceptConversation, acceptMessage } from './acceptAnswer'
import type { Api } from './api'
import { applyEvents } from './applyEvent'
import { EventBuffer } from './eventBuffer'
import type { ListData } from './patch/conversationList'
import { compareKeys, sortKey } from './patch/order'
import type { ThreadData } from './patch/thread'
import { createQueryClient } from './queryClient'
import { createQueries, queryKeys, type Queries } from './queryKeys'
import type { Conversation, ConversationFilter, PortalEvent } from './types'

const ME = 'ann'
const MINE: ConversationFilter = { status: 'active', assignee: 'me' }
/** The conversation that things happen to: the fourth of the list, with a reply in its thread and unread messages. */
const ID = 'c1'

/** A page and a portal between which answers and events travel as the test says. */
class Scene {
  readonly portal = new ModelPortal()
  readonly client: QueryClient = createQueryClient()
  readonly queries: Queries
  private readonly buffer = new EventBuffer()
  private readonly onTheWay: PortalEvent[] = []
  private asked: { take: () => unknown; resolve: (answer: unknown) => void; taken?: unknown }[] = []

  constructor() {
    for (let contact = 0; contact < 15; contact++) this.portal.inbound(contact)
    for (let i = 0; i < 9; i++) this.portal.reply(ID, ME, `client-${i}`)
    this.portal.inbound(0)
    this.portal.inbound(0)
    for (const contact of [20, 21, 22]) this.portal.inbound(contact)
    const get = (path: string, input: Asked = {}) =>
      new Promise((resolve) => this.asked.push({ take: () => structuredClone(this.portal.answer(path, input, ME)), resolve }))
    this.queries = createQueries({
      api: { get } as unknown as Api, client: this.client, buffer: this.buffer, me: ME, isLive: () => true,
    })
    this.portal.onEvent((event) => this.onTheWay.push(structuredClone(event)))
  }

  /** The server reads what it will answer. */
  read = (): void => {
    for (const call of this.asked) call.taken ??= call.take()
  }

  /** The answers come, and those to what is asked because of them. */
  answers = async (): Promise<void> => {
    while (this.asked.length > 0) {
      this.read()
      for (const { resolve, taken } of this.asked.splice(0)) resolve(taken)
      await aMoment()
    }
  }

  /** The events come. */
  events = (): void => {
    const events = this.onTheWay.splice(0)
    for (const event of events) this.buffer.add(event)
    applyEvents(this.client, events, ME)
  }

  /** Everything that the cache holds, by object. */
  get held(): unknown[] {
    return this.client.getQueryCache().getAll().map((query) => query.state.data)
  }
}

const happenings: Record<string, (portal: ModelPortal) => void> = {
  'the customer writes': (portal) => portal.inbound(0),
  'someone new writes': (portal) => portal.inbound(99),
  'a colleague replies': (portal) => void portal.reply(ID, 'ben', 'client-ben'),
  'a report comes': (portal) => portal.report(ID, lastReply(portal), 'read'),
  'a report of an older reply comes': (portal) => portal.report(ID, portal.messages.get(ID)![5]!.id, 'read'),
  'a reply fails': (portal) => portal.report(ID, lastReply(portal), 'failed'),
  'it is assigned to me': (portal) => portal.assign(ID, ME),
  'it is closed': (portal) => portal.setStatus(ID, 'closed'),
  'it is read': (portal) => portal.read(ID),
  'the customer is renamed': (portal) => portal.rename(0, 'Someone Else'),
}

function lastReply(portal: ModelPortal): string {
  return portal.messages.get(ID)!.findLast(({ direction }) => direction === 'outbound')!.id
}

type Step = 'happens' | keyof Pick<Scene, 'read' | 'answers' | 'events'>
const orders: Record<string, Step[]> = {
  'the event before an answer from before it': ['read', 'happens', 'events', 'answers'],
  'an answer from before the event, then the event': ['read', 'answers', 'happens', 'events'],
  'an answer from before the event, after the change': ['read', 'happens', 'answers', 'events'],
  'the event before an answer that has it': ['happens', 'events', 'read', 'answers'],
  'an answer that has it before the event': ['happens', 'read', 'answers', 'events'],
}

/** The rows are the server's, as far down as the list is loaded. */
function expectRows({ client, portal }: Scene, filter: ConversationFilter, atLeast: number): void {
  const { conversations, bound, stale } = client.getQueryData<ListData>(queryKeys.conversations.list(filter))!
  const rows = portal.list(filter, ME)
  expect(conversations).toEqual(bound ? rows.filter((c) => compareKeys(sortKey(c, filter.sort), bound) <= 0) : rows)
  expect(conversations.length).toBeGreaterThanOrEqual(atLeast)
  expect(stale).toBeFalsy()
}

function expectThread({ client, portal }: Scene, atLeast: number): void {
  const { messages } = client.getQueryData<ThreadData>(queryKeys.conversations.messages(ID))!
  expect(messages).toEqual(portal.messages.get(ID)!.slice(-messages.length))
  expect(messages.length).toBeGreaterThanOrEqual(atLeast)
}

/** Equal to the server's, or known to be off and asked for again. */
function expectCounter(data: { stale?: boolean; seq: number } | undefined, truth: object, asksAgain: boolean): void {
  if (!asksAgain) expect(data).toMatchObject(truth)
  expect(data?.stale === true).toBe(asksAgain)
}

/** What is asked for; what is loaded before that; and what must hold in the end. */
const questions: Record<string, { before?: (q: Queries, c: QueryClient) => Promise<unknown>; ask: (q: Queries, c: QueryClient) => Promise<unknown>; check: (scene: Scene, happening: string, order: string) => void }> = {
  'a list': {
    ask: (queries, client) => client.query(queries.list({})),
    check: (scene) => expectRows(scene, {}, 6),
  },
  'a filtered list': {
    ask: (queries, client) => client.query(queries.list(MINE)),
    check: (scene) => expectRows(scene, MINE, 0),
  },
  'the next page of a list': {
    before: (queries, client) => client.query(queries.list({})),
    ask: (queries) => queries.fetchNextPage({}),
    check: (scene) => expectRows(scene, {}, 12),
  },
  'the top of a list that is let go of': {
    before: async (queries, client) => {
      await client.query(queries.list({}))
      await queries.fetchNextPage({})
    },
    ask: (queries) => queries.shortenList({}, () => true),
    check: (scene) => expectRows(scene, {}, 6),
  },
  'one conversation': {
    ask: (queries, client) => client.query(queries.detail(ID)),
    check: ({ client, portal }) =>
      expect(client.getQueryData(queryKeys.conversations.detail(ID))).toMatchObject({ conversation: portal.conversations.get(ID) }),
  },
  'a thread': {
    ask: (queries, client) => client.query(queries.messages(ID)),
    check: (scene) => expectThread(scene, 4),
  },
  'older messages': {
    before: (queries, client) => client.query(queries.messages(ID)),
    ask: (queries) => queries.fetchOlder(ID),
    check: (scene) => expectThread(scene, 8),
  },
  'the end of a thread that is let go of': {
    before: async (queries, client) => {
      await client.query(queries.messages(ID))
      await queries.fetchOlder(ID)
    },
    ask: (queries) => queries.shortenThread(ID),
    check: (scene) => expectThread(scene, 4),
  },
  'the unread total': {
    ask: (queries, client) => client.query(queries.unread()),
    check: ({ client, portal }, happening, order) => {
      // How many were unread before, nothing here knows.
      const asksAgain = happening === 'it is read' && !order.includes('that has it')
      expectCounter(client.getQueryData(queryKeys.conversations.unread), { total: portal.unreadTotal() }, asksAgain)
    },
  },
  'the figures': {
    ask: (queries, client) => client.query(queries.metrics()),
    check: ({ client, portal }, happening, order) => {
      const { seq: _, ...truth } = portal.metrics()
      // Whose it was before, nothing here knows.
      const asksAgain = happening === 'it is assigned to me' && !order.includes('that has it')
      expectCounter(client.getQueryData(queryKeys.analytics.metrics), truth, asksAgain)
    },
  },
}

const aMoment = () => new Promise<'not yet'>((done) => setTimeout(() => done('not yet')))

/** What is asked, in one step or several, is answered at once. */
async function load(scene: Scene, asking: Promise<unknown>): Promise<void> {
  while ((await Promise.race([asking, aMoment()])) === 'not yet') await scene.answers()
}

describe('PAGE-43 an answer and an event of the same change', () => {
  for (const [question, { before, ask, check }] of Object.entries(questions)) {
    for (const [order, steps] of Object.entries(orders)) {
      test(`${question}: ${order}`, async () => {
        for (const [happening, happen] of Object.entries(happenings)) {
          const scene = new Scene()
          const { queries, client } = scene
          if (before) await load(scene, before(queries, client))
          const asking = ask(queries, client)
          await aMoment()
          for (const step of steps) {
            if (step === 'happens') happen(scene.portal)
            else await scene[step]()
          }
          await asking
          try {
            check(scene, happening, order)
          } catch (thrown) {
            throw new Error(happening, { cause: thrown })
          }
        }
      })
    }
  }
})

describe('PAGE-43 the answer of a write and its event', () => {
  const conversation = ({ portal }: Scene): Conversation => structuredClone(portal.conversations.get(ID)!)
  const changed = (make: (portal: ModelPortal) => void) => (scene: Scene) => {
    make(scene.portal)
    const answer = conversation(scene)
    return () => acceptConversation(scene.client, answer, ME)
  }
  /** Each makes its change, and gives what its answer does. */
  const changes = {
    reply: (scene: Scene) => {
      const message = structuredClone(scene.portal.reply(ID, ME, 'client-new'))
      return () => acceptMessage(scene.client, message)
    },
    assign: changed((portal) => portal.assign(ID, ME)),
    close: changed((portal) => portal.setStatus(ID, 'closed')),
    read: changed((portal) => portal.read(ID)),
  }

  /** All that shows the conversation is loaded, to its end. */
  async function open(): Promise<Scene> {
    const scene = new Scene()
    const { queries, client } = scene
    await load(scene, (async () => {
      for (const filter of [{}, MINE]) await client.query(queries.list(filter))
      for (let page = 0; page < 3; page++) await queries.fetchNextPage({})
      await client.query(queries.detail(ID))
      await client.query(queries.messages(ID))
    })())
    return scene
  }

  function expectTrue(scene: Scene): void {
    for (const filter of [{}, MINE]) expectRows(scene, filter, 0)
    expectThread(scene, 4)
    expect(scene.client.getQueryData(queryKeys.conversations.detail(ID))).toMatchObject({ conversation: conversation(scene) })
  }

  for (const [name, change] of Object.entries(changes)) {
    test(`${name}: the answer after the event changes nothing more`, async () => {
      const scene = await open()
      const answer = change(scene)
      scene.events()
      expectTrue(scene)
      const { held } = scene
      answer()
      scene.held.forEach((data, i) => expect(data).toBe(held[i]))
    })

    test(`${name}: the event after the answer brings what the answer couldn't`, async () => {
      const scene = await open()
      change(scene)()
      scene.events()
      expectTrue(scene)
      const { held } = scene
      scene.events()
      scene.held.forEach((data, i) => expect(data).toBe(held[i]))
    })
  }

  test('reply: its event puts no second message beside that of the answer', async () => {
    const scene = await open()
    changes.reply(scene)()
    const thread = scene.client.getQueryData(queryKeys.conversations.messages(ID))
    scene.events()
    expect(scene.client.getQueryData(queryKeys.conversations.messages(ID))).toBe(thread)
  })

  test('assign: a late answer brings back no row that has gone since', async () => {
    const scene = await open()
    const answer = changes.assign(scene)
    scene.portal.assign(ID, 'ben')
    await load(scene, scene.client.refetchQueries({ queryKey: queryKeys.conversations.list(MINE) }))
    answer()
    expectRows(scene, MINE, 0)
  })

  test('reply: the thread stays where it was in the log, as what came before may be on its way', async () => {
    const scene = await open()
    const key = queryKeys.conversations.messages(ID)
    const { seq } = scene.client.getQueryData<ThreadData>(key)!
    scene.portal.reply(ID, 'ben', 'client-ben')
    changes.reply(scene)()
    expect(scene.client.getQueryData<ThreadData>(key)!.seq).toBe(seq)
    scene.events()
    expectTrue(scene)
  })

  for (const name of ['assign', 'close', 'read'] as const) {
    test(`${name}: its event finds rows and conversation as the answer left them`, async () => {
      const scene = await open()
      changes[name](scene)()
      const shown = () => [queryKeys.conversations.list({}), queryKeys.conversations.list(MINE), queryKeys.conversations.detail(ID)].map((key) => scene.client.getQueryData(key))
      const before = shown()
      scene.events()
      shown().forEach((data, i) => expect(data).toBe(before[i]))
    })
  }
})
