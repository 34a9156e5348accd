import { describe, expect, test } from 'vitest'
import { assigned, at, began, conversation, updated } from '@/test/fixtures'
import type { LastMessage, PortalEvent } from '../types'
import { applyToMetrics, applyToUnread, type MetricsData } from './counters'

type ConversationEvent = Extract<PortalEvent, { body: { conversation: unknown } }>
const ann = { id: 'ann', name: 'Ann' }
const last = (change: Partial<LastMessage> = {}): LastMessage => ({
  id: 'm', direction: 'inbound', text: 'x', type: 'text', status: 'received', error: null, createdAt: at(1), ...change,
})

describe('the unread total', () => {
  const unread = { total: 10, seq: 5 }
  const after = (event: PortalEvent, before?: Parameters<typeof applyToUnread>[2]) =>
    applyToUnread(unread, event as ConversationEvent, before)

  test('moves by what the event says, known or not', () => {
    const c = conversation('a', 6, { unreadCount: 3, lastMessage: last() })
    expect(after(began(conversation('a', 6, { unreadCount: 1 }))).total).toBe(11)
    expect(after(updated(c, 'message'), { unreadCount: 2, assignee: null }).total).toBe(11)
    expect(after(updated(c, 'message')).total).toBe(11)
    expect(after(updated(conversation('a', 6, { lastMessage: last({ direction: 'outbound', status: 'sent' }) }), 'message'))).toBe(unread)
    expect(after(updated(conversation('a', 6), 'read'), { unreadCount: 4, assignee: null }).total).toBe(6)
    expect(after(updated(c, 'status'))).toBe(unread)
    expect(after(assigned(c))).toBe(unread)
  })

  test('is asked for when a conversation was read of which it is not known how much was unread', () => {
    expect(after(updated(conversation('a', 6), 'read'))).toMatchObject({ total: 10, stale: true })
  })

  test('ignores what it already reflects', () => {
    expect(after(began(conversation('a', 5, { unreadCount: 1 })))).toBe(unread)
  })
})

describe('the figures', () => {
  const metrics: MetricsData = {
    activeConversations: 4, closedConversations: 2, unassignedConversations: 1, totalMessages: 9, failedDeliveries: 0,
    avgResponseTimeSeconds: null, periodStart: at(0), periodEnd: at(1440), seq: 5,
  }
  const after = (event: PortalEvent, before?: Parameters<typeof applyToMetrics>[2]) => {
    const m = applyToMetrics(metrics, event as ConversationEvent, before)
    return [m.activeConversations, m.closedConversations, m.unassignedConversations, m.totalMessages, m.stale ?? false]
  }

  test('move with conversations as they begin, close, open and are assigned', () => {
    expect(after(began(conversation('a', 6, { lastMessage: last() })))).toEqual([5, 2, 2, 10, false])
    expect(after(updated(conversation('a', 6, { status: 'closed' }), 'status'))).toEqual([3, 3, 0, 9, false])
    expect(after(updated(conversation('a', 6, { status: 'closed', assignee: ann }), 'status'))).toEqual([3, 3, 1, 9, false])
    expect(after(updated(conversation('a', 6), 'status'))).toEqual([5, 1, 2, 9, false])
    expect(after(assigned(conversation('a', 6)))).toEqual([4, 2, 2, 9, false])
    expect(after(assigned(conversation('a', 6, { assignee: ann })), { unreadCount: 0, assignee: null })).toEqual([4, 2, 0, 9, false])
    expect(after(assigned(conversation('a', 6, { assignee: ann, status: 'closed' })))).toEqual([4, 2, 1, 9, false])
  })

  test('are asked for when it is not known who had a conversation before', () => {
    expect(after(assigned(conversation('a', 6, { assignee: ann })))).toEqual([4, 2, 1, 9, true])
  })

  test('count each new message of today once, whatever its reports', () => {
    const reply = last({ direction: 'outbound', status: 'queued' })
    expect(after(updated(conversation('a', 6, { lastMessage: reply }), 'message'))[3]).toBe(10)
    expect(after(updated(conversation('a', 6, { lastMessage: { ...reply, status: 'sent' } }), 'message'))[3]).toBe(9)
    expect(after(updated(conversation('a', 6, { lastMessage: last({ createdAt: '2025-12-31T23:59:59.000Z' }) }), 'message'))[3]).toBe(9)
  })
})
