import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { ApiError } from '@/lib/api'
import type { Message, ThreadMessage, User } from '@/lib/types'
import type { Waiting } from '@/services/outbox'
import { useAnswer, type Answer } from './answer'
import { useOnce } from './useOnce'

export interface Thread extends Omit<Answer<unknown>, 'data'> {
  /** Oldest first; replies that wait at the end. A reply keeps its clientId when the server's message takes its place. */
  messages: ThreadMessage[]
  fetchOlder: () => void
  hasOlder: boolean
  isFetchingOlder: boolean
  /** Why older ones couldn't be fetched. */
  olderError: ApiError | null
  /** Lets go of all but the end, where that is all that is read. */
  shorten: () => void
}

/** A thread, live while this is mounted: the socket is in its room. */
export function useThread(id: string): Thread {
  const { queries, rooms, outbox, user } = usePortal()
  const options = queries.messages(id)
  const { data, ...answer } = useAnswer(useQuery(options), options.queryKey)
  useEffect(() => rooms.open(id), [rooms, id])
  const waiting = useSyncExternalStore(outbox.subscribe, useCallback(() => outbox.of(id), [outbox, id]))
  const messages = useMemo(() => withWaiting(data?.messages ?? [], waiting, user), [data, waiting, user])
  const older = useOnce(() => queries.fetchOlder(id))
  const shortening = useOnce(() => queries.shortenThread(id))
  return {
    ...answer,
    messages,
    fetchOlder: older.run,
    hasOlder: data?.nextCursor != null,
    isFetchingOlder: older.running,
    olderError: older.error,
    shorten: shortening.run,
  }
}

/** A waiting reply whose message has already come is that message. */
function withWaiting(messages: Message[], waiting: readonly Waiting[], user: User): ThreadMessage[] {
  if (waiting.length === 0) return messages
  const taken = new Set(messages.map((m) => m.clientId))
  return [...messages, ...waiting.filter((item) => !taken.has(item.clientId)).map((item) => asMessage(item, user))]
}

function asMessage(item: Waiting, user: User): ThreadMessage {
  const { problem } = item
  return {
    id: `waiting-${item.clientId}`,
    version: 0,
    seq: Number.MAX_SAFE_INTEGER,
    conversationId: item.conversationId,
    direction: 'outbound',
    type: 'text',
    text: item.text,
    mediaUrl: null,
    mimeType: null,
    filename: null,
    status: problem ? 'failed' : 'queued',
    error: null,
    refused: problem,
    attempts: 0,
    wamid: null,
    clientId: item.clientId,
    author: { type: 'agent', id: user.id, name: user.name },
    createdAt: item.createdAt,
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    pending: true,
    kept: item.kept,
  }
}
