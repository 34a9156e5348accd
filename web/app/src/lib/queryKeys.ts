import { queryOptions, type QueryClient } from '@tanstack/react-query'
import { ApiError, type Api } from './api'
import type { EventBuffer } from './eventBuffer'
import { replayConversation, replayList, replayMetrics, replayThread, replayUnread } from './replay'
import { appendPage, emptyList, listFromPage, type ListData } from './patch/conversationList'
import type { ConversationData } from './patch/conversation'
import type { MetricsData, UnreadData } from './patch/counters'
import { prependPage, threadFromPage, type ThreadData } from './patch/thread'
import type { ConversationFilter, ConversationPage, Period } from './types'

const conversations = ['conversations'] as const
const analytics = ['analytics'] as const

/** From generic to specific. No tenant: sign-out discards the whole cache. */
export const queryKeys = {
  conversations: {
    all: conversations,
    lists: [...conversations, 'list'] as const,
    list: (filter: ConversationFilter) => [...conversations, 'list', filter] as const,
    unread: [...conversations, 'unread'] as const,
    details: [...conversations, 'detail'] as const,
    detail: (id: string) => [...conversations, 'detail', id] as const,
    threads: [...conversations, 'messages'] as const,
    messages: (id: string) => [...conversations, 'messages', id] as const,
  },
  analytics: {
    all: analytics,
    metrics: [...analytics, 'metrics'] as const,
    volume: (period: Period) => [...analytics, 'message-volume', period] as const,
    delivery: (period: Period) => [...analytics, 'delivery-stats', period] as const,
  },
  users: ['users'] as const,
  settings: {
    installation: ['settings', 'installation'] as const,
    channel: ['settings', 'channel'] as const,
    deadLetters: ['settings', 'dead-letters'] as const,
  },
}

const PAGE = 50
const MAX_PAGE = 200
/** A refetch loads as many rows as there were, up to this many. */
const MAX_RELOAD = 1000

function reloadSize(loaded = 0) {
  const wanted = Math.min(loaded, MAX_RELOAD)
  return { wanted, limit: Math.min(Math.max(wanted, PAGE), MAX_PAGE) }
}

/** What the fetchers work with. */
interface QueryScope {
  api: Api
  client: QueryClient
  buffer: EventBuffer
  /** The signed-in user's id. */
  me: string
  /** Whether the socket keeps the cache fresh now. */
  isLive(): boolean
}

/** A filter without its defaults, so that equal lists share a key. */
export function normalised(filter: ConversationFilter): ConversationFilter {
  const { status, assignee, sort } = filter
  const search = filter.search?.trim()
  return {
    ...(status && { status }),
    ...(assignee && { assignee }),
    ...(search && { search }),
    ...(sort && sort !== 'lastActivity' && { sort }),
  }
}

/**
 * The queries of a signed-in page: keys and fetchers together. Every fetcher
 * applies the buffered events above its answer's seq before it gives it away,
 * so that an event that overtook the answer isn't lost.
 */
export function createQueries(scope: QueryScope) {
  const { api, client, buffer, me } = scope
  /** Fresh as long as events keep it so. */
  const staleTime = ({ state }: { state: { data?: { stale?: boolean } } }) =>
    scope.isLive() && !state.data?.stale ? Infinity : 0

  /** An answer from before the buffer's floor can't be brought up to date: ask again. */
  async function current<T extends { seq: number }>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const answer = await ask()
      if (answer.seq >= buffer.floor) return answer
      if (attempt === 3) throw new ApiError(503, { title: `answer of seq ${answer.seq} is too old` })
    }
  }

  const listPage = (filter: ConversationFilter, limit: number, cursor?: string, signal?: AbortSignal) =>
    api.get('/api/conversations', { query: { ...filter, cursor, limit }, signal })

  const messagePage = (id: string, limit: number, before?: string, signal?: AbortSignal) =>
    api.get('/api/conversations/{id}/messages', { path: { id }, query: { before, limit }, signal })

  const knownUnread = () => client.getQueryData<UnreadData>(queryKeys.conversations.unread)

  /** Every list answer tells the tenant's unread total too. */
  function noteUnread(page: ConversationPage): void {
    if (page.seq < buffer.floor) return
    const unread = replayUnread({ total: page.unreadTotal, seq: page.seq }, buffer, knownUnread())
    if (unread !== knownUnread()) client.setQueryData(queryKeys.conversations.unread, unread)
  }

  async function loadList(filter: ConversationFilter, signal?: AbortSignal): Promise<ListData> {
    const listScope = { filter, me }
    const previous = client.getQueryData<ListData>(queryKeys.conversations.list(filter))
    const { limit, wanted } = reloadSize(previous?.conversations.length)
    const page = await listPage(filter, limit, undefined, signal)
    noteUnread(page)
    let list = listFromPage(page, listScope, previous)
    while (list.nextCursor && list.conversations.length < wanted) {
      list = appendPage(list, await listPage(filter, MAX_PAGE, list.nextCursor, signal), listScope)
    }
    return list
  }

  /** Threads of which only the end is wanted. */
  const shortened = new Set<string>()

  async function loadThread(id: string, signal?: AbortSignal): Promise<ThreadData> {
    const previous = client.getQueryData<ThreadData>(queryKeys.conversations.messages(id))
    const { limit, wanted } = reloadSize(shortened.has(id) ? MAX_PAGE : previous?.messages.length)
    let thread = threadFromPage(await messagePage(id, limit, undefined, signal), previous)
    while (thread.nextCursor && thread.messages.length < wanted) {
      thread = prependPage(thread, await messagePage(id, MAX_PAGE, thread.nextCursor, signal))
    }
    return thread
  }

  return {
    list: (filter: ConversationFilter) =>
      queryOptions({
        queryKey: queryKeys.conversations.list(filter),
        queryFn: async ({ signal }) => replayList(await current(() => loadList(filter, signal)), buffer, { filter, me }),
        // What one typed into the search box isn't kept long.
        gcTime: filter.search ? 30_000 : 300_000,
        staleTime,
      }),

    unread: () =>
      queryOptions({
        queryKey: queryKeys.conversations.unread,
        queryFn: async ({ signal }): Promise<UnreadData> => {
          const page = await current(() => listPage({}, 1, undefined, signal))
          return replayUnread({ total: page.unreadTotal, seq: page.seq }, buffer, knownUnread())
        },
        gcTime: Infinity,
        staleTime,
      }),

    detail: (id: string) =>
      queryOptions({
        queryKey: queryKeys.conversations.detail(id),
        queryFn: async ({ signal }): Promise<ConversationData> =>
          replayConversation(await current(() => api.get('/api/conversations/{id}', { path: { id }, signal })), buffer),
        staleTime,
      }),

    messages: (id: string) =>
      queryOptions({
        queryKey: queryKeys.conversations.messages(id),
        queryFn: async ({ signal }) => replayThread(id, await current(() => loadThread(id, signal)), buffer),
        staleTime,
      }),

    metrics: () =>
      queryOptions({
        queryKey: queryKeys.analytics.metrics,
        queryFn: async ({ signal }): Promise<MetricsData> => {
          const answer = await current(() => api.get('/api/dashboard/metrics', { signal }))
          return replayMetrics(answer, buffer, client.getQueryData<MetricsData>(queryKeys.analytics.metrics))
        },
        refetchInterval: 30_000,
        staleTime: (query) => (query.state.data?.stale ? 0 : 30_000),
      }),

    volume: (period: Period) =>
      queryOptions({
        queryKey: queryKeys.analytics.volume(period),
        queryFn: ({ signal }) => api.get('/api/dashboard/message-volume', { query: { period }, signal }),
        refetchInterval: 30_000,
        staleTime: 30_000,
      }),

    delivery: (period: Period) =>
      queryOptions({
        queryKey: queryKeys.analytics.delivery(period),
        queryFn: ({ signal }) => api.get('/api/dashboard/delivery-stats', { query: { period }, signal }),
        refetchInterval: 30_000,
        staleTime: 30_000,
      }),

    users: () =>
      queryOptions({
        queryKey: queryKeys.users,
        queryFn: async ({ signal }) => (await api.get('/api/users', { signal })).users,
        staleTime: 300_000,
      }),

    installation: () =>
      queryOptions({
        queryKey: queryKeys.settings.installation,
        queryFn: ({ signal }) => api.get('/api/settings', { signal }),
        staleTime: 300_000,
      }),

    channel: () =>
      queryOptions({
        queryKey: queryKeys.settings.channel,
        queryFn: ({ signal }) => api.get('/api/settings/whatsapp', { signal }),
      }),

    deadLetters: () =>
      queryOptions({
        queryKey: queryKeys.settings.deadLetters,
        queryFn: async ({ signal }) => (await api.get('/api/dead-letters', { signal })).deadLetters,
      }),

    /** Loads the next page of a list into the cache. */
    async fetchNextPage(filter: ConversationFilter): Promise<void> {
      const key = queryKeys.conversations.list(filter)
      const cursor = client.getQueryData<ListData>(key)?.nextCursor
      if (!cursor) return
      const page = await current(() => listPage(filter, PAGE * 2, cursor))
      client.setQueryData<ListData>(key, (list = emptyList) =>
        // A reload came between: its cursor is another.
        list.nextCursor === cursor ? replayList(appendPage(list, page, { filter, me }), buffer, { filter, me }) : list,
      )
    },

    /**
     * Lets go of all but the top of a long list: that is asked for anew, and what
     * is below it goes with its cursor. Nothing is done where it is wanted after all.
     */
    async shortenList(filter: ConversationFilter, isWanted: () => boolean): Promise<void> {
      const scope = { filter, me }
      const page = await current(() => listPage(filter, MAX_PAGE))
      client.setQueryData<ListData>(queryKeys.conversations.list(filter), (list) =>
        list && !list.stale && isWanted() ? replayList(listFromPage(page, scope, list), buffer, scope) : list,
      )
    },

    /** Lets go of all but the end of a long thread. */
    async shortenThread(id: string): Promise<void> {
      shortened.add(id)
      try {
        await client.refetchQueries({ queryKey: queryKeys.conversations.messages(id), exact: true })
      } finally {
        shortened.delete(id)
      }
    },

    /** Loads the page of older messages into the cache. */
    async fetchOlder(id: string): Promise<void> {
      const key = queryKeys.conversations.messages(id)
      const cursor = client.getQueryData<ThreadData>(key)?.nextCursor
      if (!cursor) return
      const page = await current(() => messagePage(id, PAGE, cursor))
      client.setQueryData<ThreadData>(key, (thread) =>
        thread?.nextCursor === cursor ? replayThread(id, prependPage(thread, page), buffer) : thread,
      )
    },
  }
}

export type Queries = ReturnType<typeof createQueries>
