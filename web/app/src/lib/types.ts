/**
 * The shapes of the portal's REST answers and socket events, as the server's
 * golden JSON files show them (see goldens.test.ts).
 */

export type ConversationStatus = 'active' | 'closed'
export type Channel = 'whatsapp' | 'webchat'
export type Direction = 'inbound' | 'outbound'
export type OutboundStatus = 'queued' | 'sent' | 'delivered' | 'read' | 'failed'
export type MessageStatus = 'received' | OutboundStatus
export type Role = 'admin' | 'agent' | 'viewer'
/** Kinds that the page shows in their own way; others keep the provider's name. */
export type MessageType = 'text' | 'image' | 'video' | 'audio' | 'document' | (string & {})

export interface Person {
  id: string
  name: string
}

export interface Contact {
  id: string
  waId: string | null
  name: string
}

export interface MessageError {
  code: string
  message: string
}

export interface LastMessage {
  id: string
  direction: Direction
  text: string
  type: MessageType
  status: MessageStatus
  error?: MessageError | null
  createdAt: string
}

export interface Conversation {
  id: string
  /** seq of the last change: of two copies the higher one is right. */
  version: number
  tenantId: string
  channel: Channel
  contact: Contact
  status: ConversationStatus
  assignee: Person | null
  unreadCount: number
  messageCount: number
  lastMessage: LastMessage | null
  createdAt: string
  lastActivityAt: string
  closedAt: string | null
}

export interface Author {
  type: 'customer' | 'agent' | 'system'
  id: string
  name: string
}

export interface Message {
  id: string
  version: number
  /** seq of its message:new: its place in the thread. */
  seq: number
  conversationId: string
  direction: Direction
  type: MessageType
  text: string
  mediaUrl: string | null
  mimeType?: string | null
  filename?: string | null
  status: MessageStatus
  error: MessageError | null
  attempts: number
  wamid: string | null
  clientId: string | null
  author: Author
  createdAt: string
  sentAt: string | null
  deliveredAt: string | null
  readAt: string | null
}

/** A message of a thread; a waiting reply is one too. */
export interface ThreadMessage extends Message {
  /** Not yet taken by the server. */
  pending?: boolean
  /** Written to this device's storage, so a reload doesn't lose it. */
  kept?: boolean
}

export interface User {
  id: string
  email: string
  name: string
  role: Role
  tenantId: string
  /** In the sign-in answer only. */
  tenantName?: string
}

export interface UserSummary {
  id: string
  name: string
  email: string
  role: Role
}

// REST answers.

export interface SessionAnswer {
  accessToken: string
  expiresAt: string
  user: User
}

export interface ConversationPage {
  conversations: Conversation[]
  nextCursor: string | null
  unreadTotal: number
  /** The log position that this answer reflects. */
  seq: number
}

export interface ConversationAnswer {
  conversation: Conversation
  seq: number
}

export interface MessagePage {
  messages: Message[]
  nextCursor: string | null
  seq: number
}

export interface Metrics {
  activeConversations: number
  closedConversations: number
  unassignedConversations: number
  totalMessages: number
  failedDeliveries: number
  avgResponseTimeSeconds: number | null
  periodStart: string
  periodEnd: string
  seq: number
}

export type Period = '24h' | '7d' | '30d'

export interface MessageVolume {
  labels: string[]
  inbound: number[]
  outbound: number[]
}

export interface DeliveryStats {
  labels: string[]
  delivered: number[]
  failed: number[]
}

/** An RFC 9457 problem document. */
export interface Problem {
  type?: string
  title?: string
  status?: number
  detail?: string
  code?: string
  newer?: Message[]
  [field: string]: unknown
}

// Lists.

export type ConversationSort = 'lastActivity' | 'createdAt' | 'unread'

export interface ConversationFilter {
  status?: ConversationStatus
  /** A user id, `me` or `unassigned`. */
  assignee?: string
  search?: string
  sort?: ConversationSort
}

// Socket events.

export type UpdateReason = 'status' | 'message' | 'read' | 'contact'

export interface Actor {
  type: 'agent' | 'customer'
  id: string
  name: string
}

export interface TypingBody {
  conversationId: string
  actor: Actor
}

/** Everything the server sends, by name. */
export interface ServerEvents {
  'session:ready': { user: User; tenantId: string; seq: number }
  'conversation:new': { seq: number; conversation: Conversation }
  'conversation:updated': { seq: number; conversation: Conversation; reason: UpdateReason }
  'conversation:assigned': { seq: number; conversation: Conversation; assignee: Person | null }
  'message:new': { seq: number; message: Message }
  'message:delivered': {
    seq: number
    conversationId: string
    messageId: string
    clientId?: string | null
    status: OutboundStatus
    at: string
    attempts?: number
    wamid?: string | null
    error?: MessageError | null
  }
  'typing:start': TypingBody
  'typing:stop': TypingBody
}

export type ServerEventName = keyof ServerEvents

export type DurableEventName =
  | 'conversation:new'
  | 'conversation:updated'
  | 'conversation:assigned'
  | 'message:new'
  | 'message:delivered'

/** The event union: what `applyEvent` takes. */
export type PortalEvent = {
  [T in DurableEventName]: { type: T; body: ServerEvents[T] }
}[DurableEventName]

export type AckErrorCode = 'invalid' | 'not_found' | 'forbidden' | 'rate_limited' | 'gone' | 'internal'

export type Ack =
  | { ok: true; seq?: number }
  | { ok: false; error: { code: AckErrorCode; message: string; seq?: number } }

/** Everything the page sends, by name. */
export interface ClientEvents {
  'conversation:join': { conversationId: string; since?: number }
  'conversation:leave': { conversationId: string }
  'typing:start': { conversationId: string }
  'typing:stop': { conversationId: string }
  'auth:refresh': { token: string }
  'session:ping': Record<string, never>
}

export type ClientEventName = keyof ClientEvents
