import type { Conversation, Metrics, PortalEvent } from '../types'

/** A conversation's state right before an event; undefined where it isn't known. */
export type Before = Pick<Conversation, 'unreadCount' | 'assignee'> | undefined

type ConversationEvent = Extract<PortalEvent, { body: { conversation: Conversation } }>

/**
 * The tenant's unread total. `stale`: events were missed, or one changed it by
 * an amount that only the server knows; it is asked, and until then the old
 * value stands.
 */
export interface UnreadData {
  total: number
  seq: number
  stale?: boolean
}

/** How the event changed the total; null when that takes knowing what was before. */
function unreadDelta(event: ConversationEvent, before: Before): number | null {
  const { conversation } = event.body
  if (event.type === 'conversation:new') return conversation.unreadCount
  if (before) return conversation.unreadCount - before.unreadCount
  if (event.type === 'conversation:assigned') return 0
  switch (event.body.reason) {
    case 'message':
      // Every message makes an event of its own. One from the customer counts;
      // after it no report can move the last message's status.
      return conversation.lastMessage?.direction === 'inbound' ? 1 : 0
    case 'read':
      return null
    case 'status':
    case 'contact':
      return 0
  }
}

export function applyToUnread(data: UnreadData, event: ConversationEvent, before: Before): UnreadData {
  const { seq } = event.body
  if (seq <= data.seq) return data
  const delta = unreadDelta(event, before)
  if (delta === null) return { ...data, seq, stale: true }
  return delta === 0 ? data : { ...data, total: data.total + delta, seq }
}

/** The dashboard's figures; `stale` as in UnreadData. */
export interface MetricsData extends Metrics {
  stale?: boolean
}

interface MetricsChange {
  active?: number
  closed?: number
  unassigned?: number
  messages?: number
}

const isToday = (metrics: Metrics, time: string) => time >= metrics.periodStart && time < metrics.periodEnd

/** The change that an event makes to the figures; null when that takes knowing what was before. */
function metricsChange(metrics: Metrics, event: ConversationEvent, before: Before): MetricsChange | null {
  const { conversation } = event.body
  const unassigned = conversation.assignee ? 0 : 1
  const last = conversation.lastMessage
  switch (event.type) {
    case 'conversation:new':
      return { active: 1, unassigned, messages: last && isToday(metrics, last.createdAt) ? 1 : 0 }
    case 'conversation:assigned':
      if (conversation.status !== 'active') return {}
      // Assigning makes an event only where it changes something.
      if (!conversation.assignee) return { unassigned: 1 }
      if (!before) return null
      return { unassigned: before.assignee ? 0 : -1 }
    case 'conversation:updated':
      switch (event.body.reason) {
        case 'status':
          return conversation.status === 'active'
            ? { active: 1, closed: -1, unassigned }
            : { active: -1, closed: 1, unassigned: -unassigned }
        case 'message': {
          // A reply is queued only when it is new; later the same is a report.
          const isNew = last !== null && (last.direction === 'inbound' || last.status === 'queued')
          return isNew && isToday(metrics, last.createdAt) ? { messages: 1 } : {}
        }
        case 'read':
        case 'contact':
          return {}
      }
  }
}

export function applyToMetrics(metrics: MetricsData, event: ConversationEvent, before: Before): MetricsData {
  const { seq } = event.body
  if (seq <= metrics.seq) return metrics
  const change = metricsChange(metrics, event, before)
  if (!change) return { ...metrics, seq, stale: true }
  const { active = 0, closed = 0, unassigned = 0, messages = 0 } = change
  if (active === 0 && closed === 0 && unassigned === 0 && messages === 0) return metrics
  return {
    ...metrics,
    seq,
    activeConversations: metrics.activeConversations + active,
    closedConversations: metrics.closedConversations + closed,
    unassignedConversations: metrics.unassignedConversations + unassigned,
    totalMessages: metrics.totalMessages + messages,
  }
}
