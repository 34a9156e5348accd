/**
 * The shapes of the portal's REST answers and socket events, by the page's names.
 * They are made from the documents that the server serves (documents/); what
 * stands here beside them is the page's own, or narrower than a document can say.
 */
import type { ClientEventBodies, components as Live, ServerEventBodies } from './documents/asyncapi'
import type { components, operations } from './documents/openapi'

type Rest = components['schemas']
type Query<Id extends keyof operations> = NonNullable<operations[Id]['parameters']['query']>

export type Conversation = Rest['Conversation']
export type Contact = Rest['Contact']
export type Person = Rest['Person']
export type LastMessage = Rest['LastMessage']
export type Message = Rest['Message']
export type MessageError = Rest['MessageError']

export type ConversationStatus = Conversation['status']
export type MessageStatus = Message['status']
export type OutboundStatus = Exclude<MessageStatus, 'received'>
/** What a delivery report can say. */
export type DeliveryStep = ServerEvents['message:delivered']['status']
export type Role = UserSummary['role']

/** A message of a thread; a waiting reply is one too. */
export interface ThreadMessage extends Message {
  /** Not yet taken by the server. */
  pending?: boolean
  /** Written to this device's storage, so a reload doesn't lose it. */
  kept?: boolean
  /** Why the server didn't take it. */
  refused?: Problem
}

/** Who is signed in. */
export type User = Rest['Self']
export type UserSummary = Rest['UserView']

// REST.

export type SessionAnswer = Rest['SessionBody']
export type ConversationPage = Rest['ConversationsBody']
export type ConversationAnswer = Rest['ConversationBody']
export type ReplyBody = Rest['ReplyBody']
export type MessagePage = Rest['MessagesBody']
export type Metrics = Rest['MetricsResult']
export type Period = NonNullable<Query<'messageVolume'>['period']>
export type MessageVolume = Rest['VolumeResult']
export type DeliveryStats = Rest['DeliveryResult']

/** An RFC 9457 problem document; what isn't the portal's (a proxy's page) has less. */
export type Problem = Partial<Rest['Problem']> & { newer?: Message[]; [field: string]: unknown }

// Lists.

/** What the list is asked for; an absent member is the server's default. */
export type ConversationFilter = Pick<Query<'listConversations'>, 'status' | 'assignee' | 'search' | 'sort'>
export type ConversationSort = NonNullable<ConversationFilter['sort']>

// Socket events.

/** Everything the server sends, by name. */
export type ServerEvents = ServerEventBodies
export type ServerEventName = keyof ServerEvents
export type UpdateReason = ServerEvents['conversation:updated']['reason']
export type TypingBody = ServerEvents['typing:start']
export type Actor = TypingBody['actor']

/** Durable events have a place in the log; session:ready only tells one. */
export type DurableEventName = Exclude<ServerEventName, 'session:ready' | 'typing:start' | 'typing:stop'>

/** The event union: what `applyEvent` takes. */
export type PortalEvent = {
  [T in DurableEventName]: { type: T; body: ServerEvents[T] }
}[DurableEventName]

export type AckErrorCode = Live['schemas']['AckError']['code']

/** An acknowledgement is either done or refused. */
export type Ack =
  | { ok: true; seq?: number }
  | { ok: false; error: Live['schemas']['AckError'] }

/** Everything the page sends, by name. */
export type ClientEvents = ClientEventBodies
export type ClientEventName = keyof ClientEvents
