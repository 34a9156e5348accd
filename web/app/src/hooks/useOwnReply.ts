import { useCallback, useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { Conversation, Problem } from '@/lib/types'

/** What one has written oneself and the conversation doesn't tell of yet. */
export interface OwnReply {
  type: 'text'
  text: string
  /** Why the server didn't take it. */
  refused?: Problem
}

/**
 * One's own reply while it is newer than what the server has told of the
 * conversation: waiting here, or taken and its event on the way.
 */
export function useOwnReply({ id, version }: Conversation): OwnReply | undefined {
  const { outbox } = usePortal()
  const reply = useSyncExternalStore(outbox.subscribe, useCallback(() => outbox.newest(id), [outbox, id]))
  if (!reply) return undefined
  if ('state' in reply) return { type: 'text', text: reply.text, refused: reply.problem }
  return reply.version > version ? { type: 'text', text: reply.text } : undefined
}
