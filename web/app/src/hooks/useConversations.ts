import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useEffectEvent, useMemo } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { ApiError } from '@/lib/api'
import type { ListData } from '@/lib/patch/conversationList'
import { backoff } from '@/lib/queryClient'
import { normalised, queryKeys } from '@/lib/queryKeys'
import type { Conversation, ConversationAnswer, ConversationFilter, ConversationStatus, UserSummary } from '@/lib/types'
import { useAnswer, type Answer } from './answer'
import { useAttention } from './useAttention'
import { useOnce } from './useOnce'

export { useSendMessage, type SendMessage } from './useSendMessage'
export { useThread, type Thread } from './useThread'
export { useDraft, useDrafts } from './useDrafts'
export type { Typist } from './useTyping'

const none: never[] = []

export interface ConversationList extends Omit<Answer<unknown>, 'data'> {
  conversations: Conversation[]
  fetchNextPage: () => void
  hasNextPage: boolean
  isFetchingNextPage: boolean
  /** Why the next page couldn't be fetched. */
  nextPageError: ApiError | null
  /** Lets go of all but its top, if that is still wanted once the top is here. */
  shorten: (isWanted: () => boolean) => void
}

/** A list that stays as the server would answer it now. */
export function useConversationList(filter: ConversationFilter): ConversationList {
  const { queries } = usePortal()
  const key = normalised(filter)
  const options = queries.list(key)
  const { data, ...answer } = useAnswer(useQuery(options), options.queryKey)
  const nextPage = useOnce(() => queries.fetchNextPage(key))
  return {
    ...answer,
    // What was loaded once stays while it can't be loaded anew.
    error: data ? null : answer.error,
    conversations: data?.conversations ?? none,
    fetchNextPage: nextPage.run,
    hasNextPage: data?.nextCursor != null,
    isFetchingNextPage: nextPage.running,
    nextPageError: nextPage.error,
    // Not now is soon enough: it is asked again while the list is long.
    shorten: (isWanted) => void queries.shortenList(key, isWanted).catch(() => undefined),
  }
}

export function useUnreadTotal(): number {
  return useQuery(usePortal().queries.unread()).data?.total ?? 0
}

interface OneConversation extends Omit<Answer<unknown>, 'data'> {
  conversation?: Conversation
  /** There is no such conversation here, or it is another tenant's. */
  notFound: boolean
}

/** One conversation; what a list knows of it is shown until it has come. */
export function useConversation(id: string): OneConversation {
  const { client, queries } = usePortal()
  // The same function as long as it means the same: the query takes another one
  // for another placeholder, and would never come to rest.
  const placeholderData = useCallback((): ConversationAnswer | undefined => {
    const lists = client.getQueriesData<ListData>({ queryKey: queryKeys.conversations.lists })
    for (const [, list] of lists) {
      const conversation = list?.conversations.find((c) => c.id === id)
      if (conversation) return { conversation, seq: conversation.version }
    }
    return undefined
  }, [client, id])
  const options = queries.detail(id)
  const { data, ...answer } = useAnswer(useQuery({ ...options, placeholderData }), options.queryKey)
  return { ...answer, conversation: data?.conversation, notFound: answer.error?.status === 404 }
}

/** Promises reject with ApiError. */
interface ConversationActions {
  assign: (userId: string | null) => Promise<void>
  setStatus: (status: ConversationStatus) => Promise<void>
  markRead: () => Promise<void>
}

export function useConversationActions(id: string): ConversationActions {
  const { api, sync } = usePortal()
  return useMemo(() => {
    const path = { id }
    const accept = ({ conversation }: { conversation: Conversation }) => sync.acceptConversation(conversation)
    return {
      assign: async (userId) => accept(await api.post('/api/conversations/{id}/assign', { path, body: { userId } })),
      setStatus: async (status) => accept(await api.post('/api/conversations/{id}/status', { path, body: { status } })),
      markRead: async () => accept(await api.post('/api/conversations/{id}/read', { path })),
    }
  }, [api, sync, id])
}

/**
 * Marks the conversation read while a person can have seen its last message:
 * the page visible and focused, the message on screen.
 */
export function useReadMark(id: string, lastMessageVisible: boolean): void {
  const { user } = usePortal()
  const { conversation } = useConversation(id)
  const { markRead } = useConversationActions(id)
  const attention = useAttention()
  const unread = conversation?.unreadCount ?? 0
  const seen = unread > 0 && lastMessageVisible && attention && user.role !== 'viewer'
  useEffect(() => {
    if (!seen) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let over = false
    const attempt = (n: number) => {
      markRead().catch((error: unknown) => {
        if (!over && (error as ApiError).transient) timer = setTimeout(() => attempt(n + 1), backoff(n))
      })
    }
    attempt(0)
    return () => {
      over = true
      clearTimeout(timer)
    }
    // Each further message while looking is read too.
  }, [seen, unread, markRead])
}

/** The tenant's users, by name; for assigning. */
export function useUsers(): { users: UserSummary[] } {
  return { users: useQuery(usePortal().queries.users()).data ?? none }
}

/** Calls back with conversations that have just begun; what came in one burst comes together. */
export function useNewConversationToasts(show: (conversations: Conversation[]) => void): void {
  const { pump } = usePortal()
  const latest = useEffectEvent(show)
  useEffect(
    () =>
      pump.onApplied((events) => {
        const begun = events.flatMap((event) => (event.type === 'conversation:new' ? [event.body.conversation] : []))
        if (begun.length > 0) latest(begun)
      }),
    [pump],
  )
}
