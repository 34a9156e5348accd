import type { Message, MessagePage, OutboundStatus, PortalEvent, ServerEvents } from '../types'

/** The loaded part of a thread, oldest first, down to the newest message. */
export interface ThreadData {
  messages: Message[]
  /** Where older messages begin; null when all are loaded. */
  nextCursor: string | null
  /** Message events up to here are in it. */
  seq: number
  /** Events may have been missed; a reload is under way. */
  stale?: boolean
}

/** The end of a thread as the server answered it; objects that didn't change are kept from `previous`. */
export function threadFromPage(page: MessagePage, previous?: ThreadData): ThreadData {
  const known = new Map(previous?.messages.map((m) => [m.id, m]))
  const messages = page.messages.map((message) => {
    const old = known.get(message.id)
    return old && old.version === message.version ? old : message
  })
  return { messages, nextCursor: page.nextCursor, seq: page.seq }
}

/** Adds an older page before the others. */
export function prependPage(thread: ThreadData, page: MessagePage): ThreadData {
  const known = new Set(thread.messages.map((m) => m.id))
  const older = page.messages.filter((m) => !known.has(m.id))
  return { ...thread, messages: [...older, ...thread.messages], nextCursor: page.nextCursor, seq: Math.min(thread.seq, page.seq) }
}

/** Takes over a message; an older or equal copy gives the same object. */
export function placeMessage(thread: ThreadData, message: Message): ThreadData {
  const at = thread.messages.findIndex((m) => m.id === message.id)
  const old = thread.messages[at]
  if (old) {
    if (old.version >= message.version) return thread
    return { ...thread, messages: thread.messages.with(at, message), seq: Math.max(thread.seq, message.version) }
  }
  const first = thread.messages[0]
  // It stands on an older page, which isn't loaded.
  if (thread.nextCursor && first && message.seq < first.seq) return thread

  let position = thread.messages.length
  while (position > 0 && (thread.messages[position - 1]?.seq ?? 0) > message.seq) position--
  return {
    ...thread,
    messages: thread.messages.toSpliced(position, 0, message),
    seq: Math.max(thread.seq, message.version),
  }
}

/** Applies an event of the conversation's room. */
export function applyToThread(id: string, thread: ThreadData, event: PortalEvent): ThreadData {
  switch (event.type) {
    case 'message:new':
      return event.body.message.conversationId === id ? placeMessage(thread, event.body.message) : thread
    case 'message:delivered':
      return event.body.conversationId === id ? applyStatus(thread, event.body) : thread
    case 'conversation:new':
    case 'conversation:updated':
    case 'conversation:assigned':
      return thread
  }
}

/** A report moved a message's status forward. An older one gives the same object. */
function applyStatus(thread: ThreadData, report: ServerEvents['message:delivered']): ThreadData {
  const at = thread.messages.findIndex((m) => m.id === report.messageId)
  const message = thread.messages[at]
  if (!message || message.version >= report.seq) return thread
  return {
    ...thread,
    messages: thread.messages.with(at, {
      ...message,
      version: report.seq,
      status: report.status,
      error: report.error ?? null,
      attempts: report.attempts,
      wamid: report.wamid ?? message.wamid,
      ...timesOf(message, report.status, report.at),
    }),
    seq: Math.max(thread.seq, report.seq),
  }
}

/** A step that was skipped gets the time of the step reached. */
function timesOf(message: Message, status: OutboundStatus, at: string) {
  const { sentAt, deliveredAt, readAt } = message
  switch (status) {
    case 'sent':
      return { sentAt: sentAt ?? at, deliveredAt, readAt }
    case 'delivered':
      return { sentAt: sentAt ?? at, deliveredAt: deliveredAt ?? at, readAt }
    case 'read':
      return { sentAt: sentAt ?? at, deliveredAt: deliveredAt ?? at, readAt: readAt ?? at }
    case 'queued':
    case 'failed':
      return { sentAt, deliveredAt, readAt }
  }
}
