import type { EventBuffer } from './eventBuffer'
import { applyToConversation, type ConversationData } from './patch/conversation'
import type { ListData, ListScope } from './patch/conversationList'
import { applyToMetrics, applyToUnread, type MetricsData, type UnreadData } from './patch/counters'
import { ListEditor } from './patch/listEditor'
import { applyToThread, type ThreadData } from './patch/thread'
import type { PortalEvent } from './types'

/*
 * Each takes an answer and gives it as it is after the buffered events above
 * its seq. The patchers are those of applyEvent.
 */

type ConversationEvent = Extract<PortalEvent, { body: { conversation: unknown } }>

const isConversationEvent = (event: PortalEvent): event is ConversationEvent => 'conversation' in event.body

export function replayList(list: ListData, buffer: EventBuffer, scope: ListScope): ListData {
  const editor = new ListEditor(list, scope)
  for (const { body } of buffer.after(list.seq).filter(isConversationEvent)) editor.apply(body.conversation, body.seq)
  return editor.result()
}

export function replayConversation(answer: ConversationData, buffer: EventBuffer): ConversationData {
  return buffer
    .after(answer.seq)
    .filter(isConversationEvent)
    .reduce((data, { body }) => applyToConversation(data, body.conversation), answer)
}

export function replayThread(id: string, thread: ThreadData, buffer: EventBuffer): ThreadData {
  return buffer.after(thread.seq).reduce((data, event) => applyToThread(id, data, event), thread)
}

/*
 * What stood before a replayed event isn't known, the cache is past it: so a
 * counter that is already further than the answer and sure of itself stays.
 */

export function replayUnread(answer: UnreadData, buffer: EventBuffer, known?: UnreadData): UnreadData {
  if (known && !known.stale && known.seq >= answer.seq) return known
  return buffer
    .after(answer.seq)
    .filter(isConversationEvent)
    .reduce((data, event) => applyToUnread(data, event, undefined), answer)
}

export function replayMetrics(answer: MetricsData, buffer: EventBuffer, known?: MetricsData): MetricsData {
  if (known && !known.stale && known.seq >= answer.seq && known.periodStart === answer.periodStart) {
    const { activeConversations, closedConversations, unassignedConversations, totalMessages, seq } = known
    return { ...answer, activeConversations, closedConversations, unassignedConversations, totalMessages, seq }
  }
  return buffer
    .after(answer.seq)
    .filter(isConversationEvent)
    .reduce((data, event) => applyToMetrics(data, event, undefined), answer)
}
