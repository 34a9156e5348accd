import { hashKey, notifyManager, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { applyToConversation, type ConversationData } from './patch/conversation'
import type { ListData } from './patch/conversationList'
import { applyToMetrics, applyToUnread, type Before, type MetricsData, type UnreadData } from './patch/counters'
import { ListEditor } from './patch/listEditor'
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
      for (const list of draft.lists) list.apply(conversation, seq)
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
  readonly lists: ListEditor[] = []
  private readonly listKeys: QueryKey[] = []
  private readonly entries = new Map<string, { key: QueryKey; was: unknown; is: unknown }>()

  constructor(
    private readonly client: QueryClient,
    me: string,
  ) {
    for (const [key, data] of client.getQueriesData<ListData>({ queryKey: queryKeys.conversations.lists })) {
      if (!data) continue
      this.lists.push(new ListEditor(data, { filter: key[2] as ConversationFilter, me }))
      this.listKeys.push(key)
    }
  }

  /**
   * The conversation as it stood right before the event, if the cache knows.
   * What misses events doesn't, nor what an answer brought past this one.
   */
  before(id: string, seq: number): Before {
    const detail = this.load(queryKeys.conversations.detail(id)).is as ConversationData | undefined
    if (detail && !detail.stale && detail.conversation.version < seq) return detail.conversation
    for (const list of this.lists) {
      const found = list.stale ? undefined : list.find(id)
      if (found && found.version < seq) return found
    }
    return undefined
  }

  edit<T>(key: QueryKey, change: (data: T) => T): void {
    const entry = this.load(key)
    if (entry.is !== undefined) entry.is = change(entry.is as T)
  }

  editThread(id: string, event: PortalEvent): void {
    this.edit<ThreadData>(queryKeys.conversations.messages(id), (data) => applyToThread(id, data, event))
  }

  commit(): void {
    for (const { key, was, is } of this.entries.values()) {
      if (is !== was) this.client.setQueryData(key, is)
    }
    this.listKeys.forEach((key, i) => {
      const data = this.lists[i]?.result()
      if (data && data !== this.client.getQueryData(key)) this.client.setQueryData(key, data)
    })
  }

  private load(key: QueryKey) {
    const hash = hashKey(key)
    let entry = this.entries.get(hash)
    if (!entry) {
      const data = this.client.getQueryData(key)
      entry = { key, was: data, is: data }
      this.entries.set(hash, entry)
    }
    return entry
  }
}
