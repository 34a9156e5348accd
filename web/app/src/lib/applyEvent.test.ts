import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, test, vi } from 'vitest'
import { assigned, began, conversation, message, page, reported, updated, wrote } from '@/test/fixtures'
import { applyEvent, applyEvents } from './applyEvent'
import { listFromPage, type ListData } from './patch/conversationList'
import { createQueryClient } from './queryClient'
import { queryKeys } from './queryKeys'
import type { PortalEvent } from './types'

const ann = { id: 'ann', name: 'Ann' }

/** A cache with a list, its conversation, its thread and the counters. */
function filled() {
  const client = createQueryClient()
  const c1 = conversation('c1', 3, { unreadCount: 2 })
  client.setQueryData(queryKeys.conversations.list({}), listFromPage(page([c1], 5), { filter: {}, me: 'ann' }))
  client.setQueryData(queryKeys.conversations.list({ assignee: 'me' }), listFromPage(page([], 5), { filter: {}, me: 'ann' }))
  client.setQueryData(queryKeys.conversations.detail('c1'), { conversation: c1, seq: 5 })
  client.setQueryData(queryKeys.conversations.messages('c1'), { messages: [message('m4', 4)], nextCursor: null, seq: 5 })
  client.setQueryData(queryKeys.conversations.unread, { total: 7, seq: 5 })
  return client
}

const everything = (client: ReturnType<typeof filled>) => client.getQueryCache().getAll().map((query) => query.state.data)

const events: PortalEvent[] = [
  began(conversation('c2', 6, { unreadCount: 1 })),
  updated(conversation('c1', 7), 'read'),
  assigned(conversation('c1', 8, { assignee: ann })),
  wrote(message('m9', 9)),
  reported(message('m9', 9), 10, 'sent'),
]

describe('PAGE-41 the one door', () => {
  test('takes each event to every part of the cache that shows it', () => {
    const client = filled()
    applyEvents(client, events, 'ann')
    const list = client.getQueryData<ListData>(queryKeys.conversations.list({}))!
    expect(list.conversations.map((c) => [c.id, c.version])).toEqual([['c1', 8], ['c2', 6]])
    expect(client.getQueryData<ListData>(queryKeys.conversations.list({ assignee: 'me' }))!.conversations).toHaveLength(1)
    expect(client.getQueryData(queryKeys.conversations.detail('c1'))).toMatchObject({ conversation: { assignee: ann }, seq: 8 })
    expect(client.getQueryData(queryKeys.conversations.unread)).toEqual({ total: 6, seq: 7 })
    expect(client.getQueryData(queryKeys.conversations.messages('c1'))).toMatchObject({
      messages: [{ id: 'm4' }, { id: 'm9', status: 'sent' }],
    })
  })

  for (const [n, event] of events.entries()) {
    test(`gives the same objects for the same event again (${event.type})`, () => {
      const client = filled()
      applyEvents(client, events.slice(0, n + 1), 'ann')
      const before = everything(client)
      applyEvent(client, event, 'ann')
      everything(client).forEach((data, i) => expect(data).toBe(before[i]))
    })
  }

  test('PAGE-40 500 events make one notification', async () => {
    const client = filled()
    const drawn = vi.fn()
    const observer = new QueryObserver(client, { queryKey: queryKeys.conversations.list({}), enabled: false })
    observer.subscribe(drawn)
    const burst = Array.from({ length: 500 }, (_, i) => updated(conversation(`c${i % 50}`, 20 + i), 'message'))
    applyEvents(client, burst, 'ann')
    await vi.waitFor(() => expect(drawn).toHaveBeenCalled(), 10_000)
    expect(drawn).toHaveBeenCalledTimes(1)
    expect(client.getQueryData<ListData>(queryKeys.conversations.list({}))!.conversations).toHaveLength(50)
  })
})
