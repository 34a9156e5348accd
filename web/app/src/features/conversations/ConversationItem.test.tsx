import { act, screen, within } from '@testing-library/react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { conversation } from '@/test/fixtures'
import { draw } from '@/test/page'
import type { Conversation, LastMessage } from '@/lib/types'
import { ConversationItem } from './ConversationItem'

const NOW = Date.parse('2026-01-02T12:00:00.000Z')
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString()

function last(change: Partial<LastMessage> = {}): LastMessage {
  return { id: 'm', direction: 'inbound', text: 'Is it there?', type: 'text', status: 'received', error: null, createdAt: ago(5), ...change }
}

function drawItem(change: Partial<Conversation>, draft?: string) {
  const row = conversation('c1', 3, { contact: { id: 'k', waId: '49151', name: 'Amira Haddad' }, lastMessage: last(), ...change })
  const page = draw(<ConversationItem conversation={row} to="/conversations/c1" selected={false} draft={draft} me="ann" now={NOW} tabbable />)
  const item = screen.getByTestId('conversation-item')
  return { ...page, item, gutter: item.querySelector('[data-gutter]')!, says: (text: RegExp | string) => within(item).queryByText(text) }
}

afterEach(() => void vi.unstubAllGlobals())

describe('PAGE-20 the gutter of a row', () => {
  test('counts what is unread, and caps at 99+', () => {
    const { item, gutter, says } = drawItem({ unreadCount: 120 })
    expect(item.dataset.unread).toBe('120')
    expect(item.dataset.conversationId).toBe('c1')
    expect(gutter).toHaveProperty('dataset.gutter', 'unread')
    expect(says('99+')).not.toBeNull()
    expect(says('120 unread messages')).not.toBeNull()
  })

  test('marks a reply that failed, though all is read', () => {
    const { gutter, says } = drawItem({ lastMessage: last({ direction: 'outbound', status: 'failed', error: { code: '131026', message: 'x' } }) })
    expect(gutter).toHaveProperty('dataset.gutter', 'failed')
    expect(says('Your reply failed')).not.toBeNull()
    expect(says('Not delivered: WhatsApp can’t reach this number.')).not.toBeNull()
  })

  test('shows a ring where the customer spoke last and all is read', () => {
    const { item, gutter, says } = drawItem({})
    expect(item.dataset.unread).toBe('0')
    expect(gutter).toHaveProperty('dataset.gutter', 'waiting')
    expect(says('Customer is waiting for an answer')).not.toBeNull()
  })

  test('is empty where it is their turn, and in what is closed', () => {
    const turn = drawItem({ lastMessage: last({ direction: 'outbound', status: 'sent' }) })
    expect(turn.gutter).toHaveProperty('dataset.gutter', 'none')
    turn.unmount()
    expect(drawItem({ status: 'closed' }).gutter).toHaveProperty('dataset.gutter', 'none')
  })
})

describe('PAGE-21 the minutes left to reply freely', () => {
  const day = 24 * 60
  const cases: [string, Partial<Conversation>, string | null][] = [
    ['61 are not worth a word', { lastMessage: last({ createdAt: ago(day - 61) }) }, null],
    ['60 are', { lastMessage: last({ createdAt: ago(day - 60) }) }, '60 min'],
    ['the last one is told', { lastMessage: last({ createdAt: ago(day - 1) }) }, '1 min'],
    ['after it there are none', { lastMessage: last({ createdAt: ago(day) }) }, null],
    ['after our reply the list does not know', { lastMessage: last({ direction: 'outbound', status: 'sent', createdAt: ago(day - 30) }) }, null],
    ['a web chat has no such rule', { channel: 'webchat', lastMessage: last({ createdAt: ago(day - 30) }) }, null],
    ['nor has what is closed', { status: 'closed', lastMessage: last({ createdAt: ago(day - 30) }) }, null],
  ]
  for (const [name, change, shown] of cases) {
    test(name, () => {
      const { says } = drawItem(change)
      expect(says(/^\d+ min$/)?.textContent ?? null).toBe(shown)
    })
  }
})

describe('PAGE-22 the preview', () => {
  test('is the last message, with its tick if it is ours', () => {
    const { says, item } = drawItem({ lastMessage: last({ direction: 'outbound', status: 'read', text: 'On its way' }) })
    expect(says('On its way')).not.toBeNull()
    expect(within(item).getByRole('img', { name: 'Read' })).toBeTruthy()
  })

  test('names what is no text', () => {
    expect(drawItem({ lastMessage: last({ type: 'image', text: 'Hal' }) }).item.textContent).toContain('Photo: Hal')
  })

  test('PAGE-94 gives what it is and its words a direction each', () => {
    const { says } = drawItem({ lastMessage: last({ type: 'image', text: 'أين طلبي؟' }) })
    expect(says('أين طلبي؟')).toHaveProperty('dir', 'auto')
    expect(says('Photo:')).not.toBeNull()
  })

  test('PAGE-33 is one’s own reply from the moment it is sent, whatever becomes of it', () => {
    const { item, says, portal } = drawItem({})
    act(() => void portal.outbox.send('c1', 'On my way'))
    expect(says('On my way')).not.toBeNull()
    expect(within(item).getByRole('img', { name: 'Queued' })).toBeTruthy()
    expect(says('Is it there?')).toBeNull()
  })

  test('gives way to a draft, and that to someone who types', () => {
    const { says, portal } = drawItem({}, 'I have')
    expect(says('Draft')).not.toBeNull()
    expect(says('I have')).not.toBeNull()
    act(() => portal.typing.started({ conversationId: 'c1', actor: { type: 'agent', id: 'jo', name: 'Jonas Weber' } }))
    expect(says('Jonas is typing…')).not.toBeNull()
    expect(says('Draft')).toBeNull()
    act(() => portal.typing.clear())
  })
})

test('PAGE-19 a customer without a name goes by the number', () => {
  for (const name of ['', ' ', '4915112345678', '+4915112345678']) {
    const { says, unmount } = drawItem({ contact: { id: 'k', waId: '4915112345678', name } })
    expect(says(/^\+49 /)).not.toBeNull()
    unmount()
  }
})

describe('PAGE-23 whose a row is', () => {
  test('mine says You, another’s the first name, nobody’s that it is unassigned', () => {
    const mine = drawItem({ assignee: { id: 'ann', name: 'Ann Berg' } })
    expect(mine.says('You')).not.toBeNull()
    mine.unmount()
    const others = drawItem({ assignee: { id: 'jo', name: 'Jonas Weber' } })
    expect(others.says('Jonas')).not.toBeNull()
    expect(others.says('Assigned to Jonas Weber')).not.toBeNull()
    others.unmount()
    expect(drawItem({}).says('Unassigned')).not.toBeNull()
  })
})
