import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { ThreadData } from '@/lib/patch/thread'
import { queryKeys } from '@/lib/queryKeys'
import type { Message, ThreadMessage } from '@/lib/types'

export interface StaleReply {
  text: string
  /** What another agent answered meanwhile. */
  newer: Message[]
  clientId: string
}

export interface SendMessage {
  /** Shown at once, sent in order, never doubled. */
  send: (text: string, options?: { force?: boolean }) => void
  /** How many replies of this conversation the server hasn't taken yet. */
  waiting: number
  /** The reply that waits for a decision; those behind it wait too. */
  stale: StaleReply | null
  sendAnyway: () => void
  /** Takes the stale reply back and gives its text, which is also the draft now. */
  keepAsDraft: () => string
  /** A failed message is sent again as a new one; a reply that the server refused, as itself. */
  retry: (message: ThreadMessage) => void
  /** Takes back a reply that the server refused or hasn't taken yet. */
  discard: (message: ThreadMessage) => void
}

export function useSendMessage(id: string): SendMessage {
  const { client, outbox, drafts, retries } = usePortal()
  const items = useSyncExternalStore(outbox.subscribe, useCallback(() => outbox.of(id), [outbox, id]))

  const actions = useMemo(() => {
    const lastSeen = () =>
      client.getQueryData<ThreadData>(queryKeys.conversations.messages(id))?.messages.at(-1)?.id
    const send: SendMessage['send'] = (text, options = {}) => {
      if (text.trim() !== '') outbox.send(id, text, { seenMessageId: lastSeen(), ...options })
    }
    return {
      send,
      sendAnyway: () => outbox.sendAnyway(id),
      keepAsDraft: () => {
        const item = outbox.stale(id)
        if (!item || !outbox.discard(id, item.clientId)) return drafts.get(id)
        const begun = drafts.get(id)
        drafts.set(id, begun === '' ? item.text : `${item.text}\n${begun}`)
        return drafts.get(id)
      },
      retry: (message: ThreadMessage) => {
        if (message.pending && message.clientId) outbox.retry(id, message.clientId)
        else {
          retries.note(message.id)
          send(message.text)
        }
      },
      discard: (message: ThreadMessage) => {
        if (message.pending && message.clientId) outbox.discard(id, message.clientId)
      },
    }
  }, [client, outbox, drafts, retries, id])

  return useMemo(() => {
    const stale = items.find((item) => item.state === 'stale')
    return {
      ...actions,
      waiting: items.filter((item) => item.state !== 'failed').length,
      stale: stale ? { text: stale.text, newer: stale.newer ?? [], clientId: stale.clientId } : null,
    }
  }, [actions, items])
}
