import { describe, expect, test, vi } from 'vitest'
import { createTranslate } from '@/i18n/catalogue'
import { en } from '@/i18n/en'
import { languages } from '@/i18n/languages'
import { goldenEvents, goldens as files, readGolden as read } from '@/test/goldens'
import { asApiError, call } from './api'
import { describeError } from './describeError'
import type { ChannelTest, DeadLetter, Installation, WhatsAppChannel } from './settingsTypes'
import type {
  Ack, AckErrorCode, Conversation, ConversationAnswer, ConversationPage, DeliveryStats, DurableEventName, Message, MessagePage, MessageVolume, Metrics,
  Problem, ServerEvents, SessionAnswer, UserSummary,
} from './types'

/* Each golden body is held against the page's types, so that the two sides can't drift. */

/** Values that show which fields a body has; `null` and a value are the same kind. */
type Shape<T> = { [K in keyof Required<T>]: true }

const person: Shape<{ id: string; name: string }> = { id: true, name: true }
const conversationShape: Shape<Conversation> = {
  id: true, version: true, tenantId: true, channel: true, contact: true, status: true, assignee: true, unreadCount: true,
  messageCount: true, lastMessage: true, createdAt: true, lastActivityAt: true, closedAt: true,
}
const messageShape: Shape<Message> = {
  id: true, version: true, seq: true, conversationId: true, direction: true, type: true, text: true, mediaUrl: true,
  mimeType: true, filename: true, status: true, error: true, attempts: true, wamid: true, clientId: true, author: true,
  createdAt: true, sentAt: true, deliveredAt: true, readAt: true,
}

function expectShape(value: unknown, shape: Record<string, true>): void {
  expect(Object.keys(value as object).sort()).toEqual(Object.keys(shape).sort())
}

const events: Record<DurableEventName, Record<string, true>> = {
  'conversation:new': { seq: true, conversation: true } satisfies Shape<ServerEvents['conversation:new']>,
  'conversation:updated': { seq: true, conversation: true, reason: true } satisfies Shape<ServerEvents['conversation:updated']>,
  'conversation:assigned': { seq: true, conversation: true, assignee: true } satisfies Shape<ServerEvents['conversation:assigned']>,
  'message:new': { seq: true, message: true } satisfies Shape<ServerEvents['message:new']>,
  'message:delivered': {
    seq: true, conversationId: true, messageId: true, clientId: true, status: true, at: true, attempts: true, wamid: true, error: true,
  } satisfies Shape<ServerEvents['message:delivered']>,
}

describe('PAGE-42 golden events', () => {
  test('there is one of each', () => {
    expect([...new Set(goldenEvents.map(({ event }) => event.type))].sort()).toEqual(Object.keys(events).sort())
  })

  for (const { file, event } of goldenEvents) {
    test(`${file} has the fields that the types name`, () => {
      const known = events[event.type]
      expect(Object.keys(event.body).filter((field) => !(field in known))).toEqual([])
      if ('conversation' in event.body) {
        expectShape(event.body.conversation, conversationShape)
        expectShape(event.body.conversation.contact, { id: true, waId: true, name: true })
        expectShape(event.body.conversation.lastMessage, { id: true, direction: true, text: true, type: true, status: true, error: true, createdAt: true })
      }
      if ('message' in event.body) expectShape(event.body.message, messageShape)
      if ('assignee' in event.body && event.body.assignee) expectShape(event.body.assignee, person)
    })
  }
})

describe('PAGE-42 golden answers', () => {
  const bodies: Record<string, Record<string, true>> = {
    'rest.conversations.json': { conversations: true, nextCursor: true, unreadTotal: true, seq: true } satisfies Shape<ConversationPage>,
    'rest.conversation.json': { conversation: true, seq: true } satisfies Shape<ConversationAnswer>,
    'rest.messages.json': { messages: true, nextCursor: true, seq: true } satisfies Shape<MessagePage>,
    'rest.reply.json': { message: true },
    'rest.assigned.json': { conversation: true },
    'rest.closed.json': { conversation: true },
    'rest.read.json': { conversation: true },
    'rest.session.refreshed.json': { accessToken: true, expiresAt: true, user: true } satisfies Shape<SessionAnswer>,
    'rest.has-session.json': { session: true },
    'rest.me.json': { user: true },
    'rest.contact-conversations.json': { conversations: true, seq: true },
    'rest.messages.page.json': { messages: true, nextCursor: true, seq: true } satisfies Shape<MessagePage>,
    'rest.user.changed.json': { user: true },
    'rest.session.json': { accessToken: true, expiresAt: true, user: true } satisfies Shape<SessionAnswer>,
    'rest.metrics.json': {
      activeConversations: true, closedConversations: true, unassignedConversations: true, totalMessages: true,
      failedDeliveries: true, avgResponseTimeSeconds: true, periodStart: true, periodEnd: true, seq: true,
    } satisfies Shape<Metrics>,
    'rest.message-volume.json': { labels: true, inbound: true, outbound: true } satisfies Shape<MessageVolume>,
    'rest.delivery-stats.json': { labels: true, delivered: true, failed: true } satisfies Shape<DeliveryStats>,
    'rest.users.json': { users: true },
    'rest.user.json': { user: true },
    'rest.settings.json': { allowedOrigins: true, logRetentionSeconds: true, version: true } satisfies Shape<Installation>,
    'rest.channel.json': {
      phoneNumberId: true, displayPhoneNumber: true, accessToken: true, appSecret: true, verifyToken: true, webhookUrl: true,
    } satisfies Shape<WhatsAppChannel>,
    'rest.channel.changed.json': {
      phoneNumberId: true, displayPhoneNumber: true, accessToken: true, appSecret: true, verifyToken: true, webhookUrl: true,
    } satisfies Shape<WhatsAppChannel>,
    // A reason is there only where it doesn't work.
    'rest.channel-test.json': { ok: true, message: true } satisfies Shape<Omit<ChannelTest, 'reason'>>,
    'rest.dead-letters.json': { deadLetters: true },
  }

  for (const [file, shape] of Object.entries(bodies)) {
    test(`${file} has the fields that the types name`, () => {
      const body = read(file) as Record<string, unknown>
      expectShape(body, shape)
      for (const c of (body.conversations ?? (body.conversation ? [body.conversation] : [])) as Conversation[]) expectShape(c, conversationShape)
      for (const m of (body.messages ?? (typeof body.message === 'object' ? [body.message] : [])) as Message[]) expectShape(m, messageShape)
    })
  }

  test('none is left out', () => {
    expect(files.filter((name) => name.startsWith('rest.') && !name.startsWith('rest.problem.')).sort()).toEqual(Object.keys(bodies).sort())
  })

  for (const file of files.filter((name) => name.startsWith('rest.problem.'))) {
    test(`${file} is told as what it is, and tried again only where that helps`, async () => {
      const problem = read(file) as Problem & { status: number }
      vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(problem), { status: problem.status })))
      const error = asApiError(await call('/api/me').catch((thrown: unknown) => thrown))
      vi.unstubAllGlobals()
      expect(error.problem).toEqual(problem)
      expect(error.transient).toBe(['unavailable', 'internal', 'rate_limited'].includes(problem.code!))
      expect(describeError(error, createTranslate(en, languages.en))).toMatch(/^[A-Z].+\.$/)
    })
  }

  test('a user of the list and the signed-in one', () => {
    const { users } = read('rest.users.json') as { users: UserSummary[] }
    for (const user of users) expectShape(user, { id: true, name: true, email: true, role: true } satisfies Shape<UserSummary>)
    const { user } = read('rest.session.json') as SessionAnswer
    expectShape(user, { id: true, email: true, name: true, role: true, tenantId: true, tenantName: true })
  })

  test('a letter that could not be applied', () => {
    const { deadLetters } = read('rest.dead-letters.json') as { deadLetters: DeadLetter[] }
    expect(deadLetters.length).toBeGreaterThan(0)
    for (const letter of deadLetters) {
      expectShape(letter, {
        queue: true, key: true, reason: true, deadLetteredAt: true, body: true, truncated: true,
      } satisfies Shape<DeadLetter>)
    }
  })

  test('a stale reply is refused with the newer messages', () => {
    const problem = read('rest.problem.newer.json') as Problem
    expect(problem.status).toBe(409)
    for (const m of problem.newer ?? []) expectShape(m, messageShape)
    expect(problem.newer?.length).toBeGreaterThan(0)
  })
})

describe('PAGE-96 golden acknowledgements and events that aren’t durable', () => {
  const own: Record<string, Record<string, true>> = {
    'live.session-ready.json': { user: true, tenantId: true, seq: true } satisfies Shape<ServerEvents['session:ready']>,
    'live.typing-start.json': { conversationId: true, actor: true } satisfies Shape<ServerEvents['typing:start']>,
    'live.typing-stop.json': { conversationId: true, actor: true } satisfies Shape<ServerEvents['typing:stop']>,
  }
  test('there is one of each', () => {
    expect(files.filter((name) => name.startsWith('live.')).sort()).toEqual(Object.keys(own).sort())
  })
  for (const [file, shape] of Object.entries(own)) {
    test(`${file} has the fields that the types name`, () => expectShape(read(file), shape))
  }

  const codes: Record<AckErrorCode, true> = { invalid: true, not_found: true, forbidden: true, rate_limited: true, gone: true, internal: true }
  const acks = files.filter((name) => name.startsWith('ack.')).map((file) => ({ file, ack: read(file) as Ack }))
  test('each code that the types name stands in one', () => {
    const seen = acks.flatMap(({ ack }) => (ack.ok ? [] : [ack.error.code]))
    expect([...new Set(seen)].sort()).toEqual(Object.keys(codes).sort())
  })
  for (const { file, ack } of acks) {
    test(`${file} is done or refused`, () => {
      if (ack.ok) expect('error' in ack).toBe(false)
      else expect(ack.error.message).not.toBe('')
      if (!ack.ok && ack.error.code === 'gone') expect(ack.error.seq).toBeTypeOf('number')
    })
  }
})
