import { hashKey, notifyManager, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { applyToConversation, type ConversationData } from './patch/conversation'
import { applyToList, type ListData } from './patch/conversationList'
import { applyToMetrics, applyToUnread, type Before, type MetricsData, type UnreadData } from './patch/counters'
import { applyToThread, type ThreadData } from './patch/thread'
import { queryKeys } from './queryKeys'
import type { ConversationFilter, PortalEvent } from './types'


/**
 * The one door from socket events to the query cache.
 *
 * Applying is idempotent: patchers drop what is older than what they hold and
 * then give the same object, so that nothing is drawn again. Events are given
 * in the order in which they came.
 */
export function applyEvent(client: QueryClient, event: PortalEvent, me: string): void {
  applyEvents(client, [event], me)
}

/** Applies a burst in one go: each query is written once, and one render follows. */
export function applyEvents(client: QueryClient, events: readonly PortalEvent[], me: string): void {
  const draft = new CacheDraft(client, me)
  for (const event of events) applyToDraft(draft, event)
  notifyManager.batch(() => draft.commit())
}

function applyToDraft(draft: CacheDraft, event: PortalEvent): void {
  switch (event.type) {
    case 'conversation:new':
    case 'conversation:updated':
    case 'conversation:assigned': {
      const { conversation, seq } = event.body
      const before = draft.before(conversation.id, seq)
      // Counters first: they need to know what the lists still hold.
      draft.edit<UnreadData>(queryKeys.conversations.unread, (data) => applyToUnread(data, event, before))
      draft.edit<MetricsData>(queryKeys.analytics.metrics, (data) => applyToMetrics(data, event, before))
      draft.edit<ConversationData>(queryKeys.conversations.detail(conversation.id), (data) =>
        applyToConversation(data, conversation),
      )
      draft.editLists((data, filter, user) => applyToList(data, conversation, seq, { filter, me: user }))
      return
    }
    case 'message:new':
      return draft.editThread(event.body.message.conversationId, event)
    case 'message:delivered':
      return draft.editThread(event.body.conversationId, event)
    default:
      // Doesn't compile once an event of the union has no case above.
      event satisfies never
  }
}

/** Working copies of the cache's data; what changed is written back once. */
class CacheDraft {
  private readonly entries = new Map<string, { key: QueryKey; was: unknown; is: unknown }>()
  private readonly lists: { key: string; filter: ConversationFilter }[] = []

  constructor(
    private readonly client: QueryClient,
    private readonly me: string,
  ) {
    for (const query of client.getQueryCache().findAll({ queryKey: queryKeys.conversations.lists })) {
      this.load(query.queryKey, query.queryHash)
      this.lists.push({ key: query.queryHash, filter: query.queryKey[2] as ConversationFilter })
    }
  }

  /**
   * The conversation as it stood right before the event, if the cache knows.
   * What misses events doesn't, nor what an answer brought past this one.
   */
  before(id: string, seq: number): Before {
    const detail = this.load(queryKeys.conversations.detail(id)).is as ConversationData | undefined
    if (detail && !detail.stale && detail.conversation.version < seq) return detail.conversation
    for (const { key } of this.lists) {
      const list = this.entries.get(key)?.is as ListData | undefined
      const found = list?.stale ? undefined : list?.conversations.find((c) => c.id === id)
      if (found && found.version < seq) return found
    }
    return undefined
  }

  edit<T>(key: QueryKey, change: (data: T) => T): void {
    const entry = this.load(key)
    if (entry.is !== undefined) entry.is = change(entry.is as T)
  }

  editLists(change: (data: ListData, filter: ConversationFilter, me: string) => ListData): void {
    for (const { key, filter } of this.lists) {
      const entry = this.entries.get(key)
      if (entry?.is !== undefined) entry.is = change(entry.is as ListData, filter, this.me)
    }
  }

  editThread(id: string, event: PortalEvent): void {
    this.edit<ThreadData>(queryKeys.conversations.messages(id), (data) => applyToThread(id, data, event))
  }

  commit(): void {
    for (const { key, was, is } of this.entries.values()) {
      if (is !== was) this.client.setQueryData(key, is)
    }
  }

  private load(key: QueryKey, hash = hashKey(key)) {
    let entry = this.entries.get(hash)
    if (!entry) {
      const data = this.client.getQueryData(key)
      entry = { key, was: data, is: data }
      this.entries.set(hash, entry)
    }
    return entry
  }
}
