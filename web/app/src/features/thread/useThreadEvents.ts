import { useState } from 'react'
import { useSocketEvent } from '@/hooks/useSocket'
import type { Conversation } from '@/lib/types'
import type { ThreadEvent } from './rows'

/**
 * What happened to the conversation while its thread was open, in the log's
 * order; and that it is closed. Who did it isn't in the events, so it isn't said.
 */
export function useThreadEvents(conversation: Conversation): ThreadEvent[] {
  const { id } = conversation
  const [seen, setSeen] = useState<ThreadEvent[]>([])
  const add = (event: ThreadEvent) => setSeen((events) => [...events.filter(({ seq }) => seq !== event.seq), event])

  useSocketEvent('conversation:assigned', ({ seq, conversation: { id: of }, assignee }) => {
    if (of === id) add({ kind: 'assigned', seq, at: Date.now(), assignee })
  })
  useSocketEvent('conversation:updated', ({ seq, conversation: { id: of, status, closedAt }, reason }) => {
    if (of !== id || reason !== 'status') return
    add(status === 'closed' ? { kind: 'closed', seq, at: closedAt ?? Date.now() } : { kind: 'reopened', seq, at: Date.now() })
  })

  const { status, closedAt, version } = conversation
  if (status === 'closed' && closedAt && !seen.some(({ kind }) => kind === 'closed')) {
    return [...seen, { kind: 'closed', seq: version, at: closedAt }]
  }
  return seen
}
