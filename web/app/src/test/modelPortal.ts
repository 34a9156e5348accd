import { compareKeys, matches, sortKey } from '@/lib/patch/order'
import type {
  Conversation, ConversationFilter, ConversationPage, LastMessage, Message, MessagePage, Metrics, DeliveryStep, OutboundStatus, PortalEvent, UpdateReason,
} from '@/lib/types'

/** Pages are small, so that lists end somewhere in the middle. */
const LIST_PAGE = 6
const THREAD_PAGE = 4
const START = Date.UTC(2026, 0, 1)
const STEPS: OutboundStatus[] = ['queued', 'sent', 'delivered', 'read']

/** What a GET asks beside its path. */
export interface Asked {
  path?: Record<string, string>
  query?: Record<string, string | undefined>
}

/** A tenant of the portal in memory: the contract's rules, a log, and its answers. */
export class ModelPortal {
  readonly log: PortalEvent[] = []
  readonly conversations = new Map<string, Conversation>()
  readonly messages = new Map<string, Message[]>()
  /** Events up to here are no longer kept. */
  trimmed = 0
  private ids = 0
  private time = START
  private readonly hearers: ((event: PortalEvent) => void)[] = []

  onEvent(hear: (event: PortalEvent) => void): void {
    this.hearers.push(hear)
  }

  get seq(): number {
    return this.log.length
  }

  // What happens.

  inbound(contact: number): void {
    const at = this.now()
    const active = [...this.conversations.values()].find((c) => c.contact.id === `k${contact}` && c.status === 'active')
    const id = active?.id ?? `c${++this.ids}`
    const message = this.newMessage(id, at, { direction: 'inbound', status: 'received', author: { type: 'customer', id: `k${contact}`, name: '' } })
    if (active) {
      this.putMessage(message)
      this.update(id, 'message', { ...this.touched(active, message, at), unreadCount: active.unreadCount + 1 })
      return
    }
    const conversation: Conversation = {
      id, version: this.seq + 1, tenantId: 't', channel: 'whatsapp',
      contact: { id: `k${contact}`, waId: String(100 + contact), name: `Contact ${contact}` },
      status: 'active', assignee: null, unreadCount: 1, messageCount: 1, lastMessage: summary(message),
      createdAt: at, lastActivityAt: at, closedAt: null,
    }
    this.conversations.set(id, conversation)
    this.append({ type: 'conversation:new', body: { seq: this.seq + 1, conversation } })
    this.putMessage(message)
  }

  reply(id: string, userId: string, clientId: string): Message {
    const at = this.now()
    const message = this.newMessage(id, at, { clientId, author: { type: 'agent', id: userId, name: userId } })
    const put = this.putMessage(message)
    this.update(id, 'message', this.touched(this.get(id), put, at))
    return put
  }

  /** A report: forward only, steps may be skipped. */
  report(id: string, messageId: string, status: DeliveryStep): void {
    const all = this.messages.get(id) ?? []
    const at = all.findIndex((m) => m.id === messageId)
    const old = all[at]
    if (old?.direction !== 'outbound') return
    const forward = status === 'failed' ? STEPS.indexOf(old.status as OutboundStatus) >= 0 && STEPS.indexOf(old.status as OutboundStatus) < 2
      : old.status === 'failed' || STEPS.indexOf(status) > STEPS.indexOf(old.status as OutboundStatus)
    if (!forward) return
    const time = this.now()
    const seq = this.seq + 1
    const error = status === 'failed' ? { code: '1', message: 'x' } : null
    const rank = STEPS.indexOf(status)
    const message: Message = {
      ...old, version: seq, status, error, attempts: 1, wamid: `w-${messageId}`,
      sentAt: old.sentAt ?? (rank >= 1 ? time : null),
      deliveredAt: old.deliveredAt ?? (rank >= 2 ? time : null),
      readAt: old.readAt ?? (rank >= 3 ? time : null),
    }
    all[at] = message
    this.append({
      type: 'message:delivered',
      body: { seq, conversationId: id, messageId, ...(message.clientId && { clientId: message.clientId }), status, at: time, attempts: 1, wamid: message.wamid, ...(error && { error }) },
    })
    if (this.get(id).lastMessage?.id === messageId) this.update(id, 'message', { lastMessage: summary(message) })
  }

  setStatus(id: string, status: 'active' | 'closed'): void {
    const c = this.get(id)
    if (c.status === status) return
    const busy = [...this.conversations.values()].some((o) => o.contact.id === c.contact.id && o.status === 'active')
    if (status === 'active' && busy) return
    this.update(id, 'status', { status, closedAt: status === 'closed' ? this.now() : null })
  }

  assign(id: string, userId: string | null): void {
    if ((this.get(id).assignee?.id ?? null) === userId) return
    this.change(id, { assignee: userId ? { id: userId, name: userId } : null }, (seq, conversation) => ({
      type: 'conversation:assigned',
      body: { seq, conversation, assignee: conversation.assignee },
    }))
  }

  read(id: string): void {
    if (this.get(id).unreadCount > 0) this.update(id, 'read', { unreadCount: 0 })
  }

  rename(contact: number, name: string): void {
    for (const c of [...this.conversations.values()]) {
      if (c.contact.id === `k${contact}` && c.contact.name !== name) this.update(c.id, 'contact', { contact: { ...c.contact, name } })
    }
  }

  // What it answers.

  answer(path: string, { path: { id = '' } = {}, query: { cursor, before, limit: _, ...filter } = {} }: Asked, me: string): unknown {
    switch (path) {
      case '/api/dashboard/metrics':
        return this.metrics()
      case '/api/conversations/{id}/messages':
        return this.threadPage(id, before)
      case '/api/conversations/{id}':
        return { conversation: this.conversations.get(id), seq: this.seq }
      default:
        return this.listPage(filter, me, cursor)
    }
  }

  list(filter: ConversationFilter, me: string): Conversation[] {
    return [...this.conversations.values()]
      .filter((c) => matches(c, filter, me))
      .sort((a, b) => compareKeys(sortKey(a, filter.sort), sortKey(b, filter.sort)))
  }

  listPage(filter: ConversationFilter, me: string, cursor?: string): ConversationPage {
    const after = cursor ? (JSON.parse(cursor) as (string | number)[]) : null
    const rest = this.list(filter, me).filter((c) => !after || compareKeys(after, sortKey(c, filter.sort)) < 0)
    const conversations = rest.slice(0, LIST_PAGE)
    const nextCursor = rest.length > LIST_PAGE ? JSON.stringify(sortKey(conversations.at(-1)!, filter.sort)) : null
    return { conversations, nextCursor, unreadTotal: this.unreadTotal(), seq: this.seq }
  }

  threadPage(id: string, before?: string): MessagePage {
    const all = (this.messages.get(id) ?? []).filter((m) => !before || m.seq < Number(before))
    const messages = all.slice(-THREAD_PAGE)
    return { messages, nextCursor: all.length > THREAD_PAGE ? String(messages[0]!.seq) : null, seq: this.seq }
  }

  unreadTotal(): number {
    return [...this.conversations.values()].reduce((n, c) => n + c.unreadCount, 0)
  }

  metrics(): Metrics {
    const all = [...this.conversations.values()]
    const active = all.filter((c) => c.status === 'active')
    return {
      activeConversations: active.length,
      closedConversations: all.length - active.length,
      unassignedConversations: active.filter((c) => !c.assignee).length,
      totalMessages: [...this.messages.values()].flat().length,
      failedDeliveries: 0,
      avgResponseTimeSeconds: null,
      periodStart: new Date(START).toISOString(),
      periodEnd: new Date(START + 86_400_000).toISOString(),
      seq: this.seq,
    }
  }

  private get(id: string): Conversation {
    return this.conversations.get(id)!
  }

  private now(): string {
    // Several changes may fall into one millisecond.
    this.time += this.seq % 3 === 0 ? 0 : 1
    return new Date(this.time).toISOString()
  }

  private newMessage(conversationId: string, createdAt: string, change: Partial<Message>): Message {
    const id = `m${++this.ids}`
    return {
      id, version: 0, seq: 0, conversationId, direction: 'outbound', type: 'text', text: id, mediaUrl: null,
      mimeType: null, filename: null, status: 'queued',
      error: null, attempts: 0, wamid: null, clientId: null, author: { type: 'agent', id: '', name: '' }, createdAt,
      sentAt: null, deliveredAt: null, readAt: null, ...change,
    }
  }

  private putMessage(message: Message): Message {
    const seq = this.seq + 1
    const put = { ...message, seq, version: seq }
    this.messages.set(message.conversationId, [...(this.messages.get(message.conversationId) ?? []), put])
    this.append({ type: 'message:new', body: { seq, message: put } })
    return put
  }

  private touched(c: Conversation, message: Message, at: string): Partial<Conversation> {
    return { lastMessage: summary(message), messageCount: c.messageCount + 1, lastActivityAt: at }
  }

  private update(id: string, reason: UpdateReason, change: Partial<Conversation>): void {
    this.change(id, change, (seq, conversation) => ({ type: 'conversation:updated', body: { seq, conversation, reason } }))
  }

  private change(id: string, change: Partial<Conversation>, event: (seq: number, c: Conversation) => PortalEvent): void {
    const seq = this.seq + 1
    const conversation = { ...this.get(id), ...change, version: seq }
    this.conversations.set(id, conversation)
    this.append(event(seq, conversation))
  }

  private append(event: PortalEvent): void {
    this.log.push(event)
    for (const hear of this.hearers) hear(event)
  }
}

function summary({ id, direction, text, type, status, error, createdAt }: Message): LastMessage {
  return { id, direction, text, type, status, error, createdAt }
}
