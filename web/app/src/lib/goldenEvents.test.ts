import { describe, expect, test } from 'vitest'
import { message, page } from '@/test/fixtures'
import { goldenEvents } from '@/test/goldens'
import { applyEvent } from './applyEvent'
import { listFromPage, type ListData } from './patch/conversationList'
import type { MetricsData, UnreadData } from './patch/counters'
import { matches } from './patch/order'
import type { ThreadData } from './patch/thread'
import { createQueryClient } from './queryClient'
import { queryKeys } from './queryKeys'
import type { Conversation, ConversationFilter, Message, PortalEvent } from './types'

/** Each golden event on a cache that shows all that it could touch: before and after. */
const ME = 'ben'
const lists: Record<string, ConversationFilter> = {
  all: {},
  active: { status: 'active' },
  mine: { status: 'active', assignee: 'me' },
  unassigned: { status: 'active', assignee: 'unassigned' },
  closed: { status: 'closed' },
}
const figures = { activeConversations: 5, closedConversations: 3, unassignedConversations: 2, totalMessages: 40 }
const UNREAD = 10

interface Change {
  /** What was different of the conversation before; null: there was none. */
  was?: Partial<Conversation> | null
  /** The lists that show it afterwards. */
  in?: string[]
  /** By how much the counters move. */
  unread?: number
  figures?: Partial<typeof figures>
  /** The messages of the thread before. */
  thread?: Message[]
  /** What there is in the thread then, of the message that it is about. */
  message?: Partial<Message>
}

const ben = { id: 'ben', name: 'Ben' }
const id3 = { conversationId: 'id3', clientId: null }
const changes: Record<string, Change> = {
  'event.conversation-new.json': {
    was: null, in: ['all', 'active', 'unassigned'], unread: 1,
    figures: { activeConversations: 6, unassignedConversations: 3, totalMessages: 41 },
  },
  'event.message-new.json': { message: { direction: 'inbound', status: 'received' } },
  'event.conversation-updated.contact.json': { was: { contact: { id: 'k', waId: '1', name: 'Before' } }, in: ['all', 'active', 'unassigned'] },
  'event.conversation-assigned.json': {
    was: { assignee: null }, in: ['all', 'active', 'mine'], figures: { unassignedConversations: 1 },
  },
  'event.conversation-updated.read.json': { was: { unreadCount: 2 }, in: ['all', 'active', 'mine'], unread: -2 },
  'event.message-new.outbound.json': { message: { direction: 'outbound', status: 'queued' } },
  'event.conversation-updated.json': { was: { lastMessage: null }, in: ['all', 'active', 'mine'], figures: { totalMessages: 41 } },
  'event.message-delivered.sent.json': {
    thread: [message('id5', 8, id3)],
    message: { status: 'sent', sentAt: '2026-01-01T12:00:03.000Z', deliveredAt: null, wamid: 'wamid.B1', attempts: 1 },
  },
  'event.message-delivered.json': {
    thread: [message('id5', 8, { ...id3, status: 'sent', sentAt: '2026-01-01T12:00:03.000Z' })],
    message: { status: 'read', sentAt: '2026-01-01T12:00:03.000Z', deliveredAt: '2026-01-01T12:00:04.000Z', readAt: '2026-01-01T12:00:04.000Z' },
  },
  'event.message-delivered.failed.json': {
    thread: [message('id6', 13, id3)],
    message: { status: 'failed', error: { code: '131047', message: 'Re-engagement message' }, sentAt: null },
  },
  'event.conversation-assigned.nobody.json': {
    was: { assignee: ben }, in: ['all', 'active', 'unassigned'], figures: { unassignedConversations: 3 },
  },
  'event.conversation-updated.status.json': {
    was: { status: 'active', closedAt: null }, in: ['all', 'closed'],
    figures: { activeConversations: 4, closedConversations: 4, unassignedConversations: 1 },
  },
}

/** A cache from right before the event. */
function before({ body }: PortalEvent, { was, thread = [] }: Change) {
  const client = createQueryClient()
  const seq = body.seq - 1
  const rows = 'conversation' in body && was !== null ? [{ ...body.conversation, ...was, version: seq }] : []
  for (const filter of Object.values(lists)) {
    const listed = rows.filter((row) => matches(row, filter, ME))
    client.setQueryData(queryKeys.conversations.list(filter), listFromPage(page(listed, seq), { filter, me: ME }))
  }
  for (const row of rows) client.setQueryData(queryKeys.conversations.detail(row.id), { conversation: row, seq })
  client.setQueryData<ThreadData>(queryKeys.conversations.messages('id3'), { messages: thread, nextCursor: null, seq })
  client.setQueryData<UnreadData>(queryKeys.conversations.unread, { total: UNREAD, seq })
  client.setQueryData<MetricsData>(queryKeys.analytics.metrics, {
    ...figures, failedDeliveries: 0, avgResponseTimeSeconds: null, seq,
    periodStart: '2026-01-01T00:00:00.000Z', periodEnd: '2026-01-02T00:00:00.000Z',
  })
  return client
}

const everything = (client: ReturnType<typeof before>) => client.getQueryCache().getAll().map((query) => query.state.data)

describe('PAGE-41 golden events', () => {
  test('there is a change told of each', () => {
    expect(goldenEvents.map(({ file }) => file).sort()).toEqual(Object.keys(changes).sort())
  })

  for (const { file, event } of goldenEvents) {
    const change = changes[file] ?? {}
    const { body } = event

    test(`${file} changes what shows it, and nothing else`, () => {
      const client = before(event, change)
      const old = everything(client)
      applyEvent(client, event, ME)
      const read = <T>(key: readonly unknown[]) => client.getQueryData<T>(key)!

      if ('conversation' in body) {
        const shown = Object.entries(lists).filter(([, filter]) => read<ListData>(queryKeys.conversations.list(filter)).conversations.length > 0)
        expect(shown.map(([name]) => name)).toEqual(change.in)
        for (const [, filter] of shown) expect(read<ListData>(queryKeys.conversations.list(filter)).conversations).toEqual([body.conversation])
        if (change.was !== null) expect(read(queryKeys.conversations.detail('id3'))).toEqual({ conversation: body.conversation, seq: body.seq })
      } else {
        const { messages, seq } = read<ThreadData>(queryKeys.conversations.messages('id3'))
        expect(messages).toHaveLength(1)
        expect(messages[0]).toMatchObject({ version: body.seq, ...change.message })
        if ('message' in body) expect(messages[0]).toEqual(body.message)
        expect(seq).toBe(body.seq)
        expect(everything(client).filter((data, i) => data !== old[i])).toHaveLength(1)
      }
      expect(read(queryKeys.conversations.unread)).toMatchObject({ total: UNREAD + (change.unread ?? 0) })
      expect(read(queryKeys.analytics.metrics)).toMatchObject({ ...figures, ...change.figures })
      expect(everything(client).filter((data) => (data as { stale?: boolean }).stale)).toEqual([])
    })

    test(`${file} again gives the same objects`, () => {
      const client = before(event, change)
      applyEvent(client, event, ME)
      const after = everything(client)
      applyEvent(client, structuredClone(event), ME)
      everything(client).forEach((data, i) => expect(data).toBe(after[i]))
    })
  }

  test('all of them again, after the last, give the same objects', () => {
    const client = before(goldenEvents[0]!.event, { was: null })
    for (const { event } of goldenEvents) applyEvent(client, event, ME)
    const after = everything(client)
    for (const { event } of goldenEvents) applyEvent(client, event, ME)
    everything(client).forEach((data, i) => expect(data).toBe(after[i]))
  })
})
