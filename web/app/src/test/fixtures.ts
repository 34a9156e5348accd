import type { Conversation, ConversationPage, Message, PortalEvent, UpdateReason } from '@/lib/types'

/** Times of the tests: minute n of a day. */
export const at = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString()

export function conversation(id: string, version: number, change: Partial<Conversation> = {}): Conversation {
  return {
    id,
    version,
    tenantId: 'acme',
    channel: 'whatsapp',
    contact: { id: `contact-${id}`, waId: '919876543210', name: `Contact ${id}` },
    status: 'active',
    assignee: null,
    unreadCount: 0,
    messageCount: 1,
    lastMessage: null,
    createdAt: at(0),
    lastActivityAt: at(version),
    closedAt: null,
    ...change,
  }
}

export function message(id: string, seq: number, change: Partial<Message> = {}): Message {
  return {
    id,
    version: seq,
    seq,
    conversationId: 'c1',
    direction: 'outbound',
    type: 'text',
    text: `text of ${id}`,
    mediaUrl: null,
    mimeType: null,
    filename: null,
    status: 'queued',
    error: null,
    attempts: 0,
    wamid: null,
    clientId: `client-${id}`,
    author: { type: 'agent', id: 'ann', name: 'Ann' },
    createdAt: at(seq),
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    ...change,
  }
}

export const began = (c: Conversation): PortalEvent => ({ type: 'conversation:new', body: { seq: c.version, conversation: c } })

export const updated = (c: Conversation, reason: UpdateReason): PortalEvent => ({
  type: 'conversation:updated',
  body: { seq: c.version, conversation: c, reason },
})

export const assigned = (c: Conversation): PortalEvent => ({
  type: 'conversation:assigned',
  body: { seq: c.version, conversation: c, assignee: c.assignee },
})

export const wrote = (m: Message): PortalEvent => ({ type: 'message:new', body: { seq: m.seq, message: m } })

export const reported = (
  m: Pick<Message, 'id' | 'conversationId'>,
  seq: number,
  status: 'sent' | 'delivered' | 'read' | 'failed',
): PortalEvent => ({
  type: 'message:delivered',
  body: { seq, conversationId: m.conversationId, messageId: m.id, status, at: at(seq), attempts: 1, wamid: 'wamid.1' },
})

export function page(conversations: Conversation[], seq: number, change: Partial<ConversationPage> = {}): ConversationPage {
  return { conversations, nextCursor: null, unreadTotal: conversations.reduce((n, c) => n + c.unreadCount, 0), seq, ...change }
}
