/** A thread as rows: which messages stand together, and what stands between them. */
import { dayKey } from '@/i18n/format'
import type { Person, ThreadMessage } from '@/lib/types'

const GROUP_MS = 5 * 60_000

/** What the log says of the conversation itself, in one line. */
export interface ThreadEvent {
  kind: 'assigned' | 'closed' | 'reopened'
  /** Its place in the log; unknown for what was learnt from the conversation: then at its end. */
  seq: number
  at: string | number
  assignee?: Person | null
}

export interface NewMarker {
  /** The first message that nobody had looked at. */
  key: string
  count: number
}

export type Separator =
  | { kind: 'day'; at: string }
  | { kind: 'event'; event: ThreadEvent }
  | { kind: 'new'; count: number }

export interface Row {
  /** The same before and after the server has taken the message. */
  key: string
  message: ThreadMessage
  before: Separator[]
  startsGroup: boolean
  endsGroup: boolean
}

export function messageKey(message: ThreadMessage): string {
  return message.clientId ?? message.id
}

export function buildRows(
  messages: ThreadMessage[],
  events: ThreadEvent[],
  marker: NewMarker | null,
): { rows: Row[]; after: Separator[] } {
  const waiting = [...events].sort((a, b) => a.seq - b.seq)
  const rows: Row[] = []
  let previous: Row | undefined

  for (const message of messages) {
    const key = messageKey(message)
    const before = separatorsBefore(message, previous?.message, waiting)
    if (marker?.key === key) before.push({ kind: 'new', count: marker.count })
    const joins = previous !== undefined && before.length === 0 && belongTogether(previous.message, message)
    if (previous && joins) previous.endsGroup = false
    previous = { key, message, before, startsGroup: !joins, endsGroup: true }
    rows.push(previous)
  }
  return { rows, after: waiting.map((event) => ({ kind: 'event', event })) }
}

/** Takes from `waiting` the events that stand before the message. */
function separatorsBefore(message: ThreadMessage, previous: ThreadMessage | undefined, waiting: ThreadEvent[]) {
  const separators: Separator[] = []
  while (waiting[0] && waiting[0].seq < message.seq) {
    separators.push({ kind: 'event', event: waiting[0] })
    waiting.shift()
  }
  if (!previous || dayKey(previous.createdAt) !== dayKey(message.createdAt)) {
    separators.push({ kind: 'day', at: message.createdAt })
  }
  return separators
}

function belongTogether(a: ThreadMessage, b: ThreadMessage): boolean {
  if (a.direction !== b.direction || a.author.id !== b.author.id) return false
  // A failed one keeps its reason and its time beneath it.
  if (a.status === 'failed') return false
  return Date.parse(b.createdAt) - Date.parse(a.createdAt) <= GROUP_MS
}

/** Where the unread ones begin, counted from the end. */
export function findMarker(messages: ThreadMessage[], unread: number): NewMarker | null {
  if (unread <= 0) return null
  const inbound = messages.filter(({ direction }) => direction === 'inbound')
  const first = inbound[Math.max(0, inbound.length - unread)]
  return first ? { key: messageKey(first), count: Math.min(unread, inbound.length) } : null
}
