import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { cleanNotifications } from '@mantine/notifications'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { began, conversation, updated } from '@/test/fixtures'
import { draw, hears } from '@/test/page'
import type { LastMessage, PortalEvent } from '@/lib/types'
import { AlertToasts } from './AlertToasts'

const failed: LastMessage = {
  id: 'm1', direction: 'outbound', text: 'x', type: 'text', status: 'failed', createdAt: '2026-01-01T00:00:00.000Z',
  error: { code: '131047', message: 'x' },
}
const said: LastMessage = { ...failed, direction: 'inbound', status: 'received', text: 'Is it there?', error: null }

let seq = 10
const someone = (id: string) =>
  began(conversation(id, ++seq, { contact: { id: `k-${id}`, waId: '1', name: `Contact ${id}` }, lastMessage: said }))

function drawToasts(at = '/') {
  const page = draw(<AlertToasts />, { at })
  /** Events as the socket brings them, applied. */
  const come = (...events: PortalEvent[]) =>
    act(() => {
      for (const event of events) page.portal.pump.receive(event)
      page.portal.pump.flush()
    })
  return { ...page, come }
}

const toasts = () => screen.queryAllByTestId('new-conversation-toast')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  act(() => cleanNotifications())
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('PAGE-35 toasts', () => {
  test('tell of a new conversation, with a link, for at least 8 s', () => {
    const { come } = drawToasts()
    come(someone('a'))
    const [toast] = toasts()
    expect(within(toast!).getByText('Contact a')).toBeTruthy()
    expect(within(toast!).getByText('New conversation · Is it there?')).toBeTruthy()
    expect(within(toast!).getByRole('link', { name: 'Open the conversation with Contact a' }).getAttribute('href')).toBe('/conversations/a')
    act(() => void vi.advanceTimersByTime(8000))
    expect(toasts()).toHaveLength(1)
    // Its time is over, it fades, it is gone: each is drawn before the next begins.
    for (let step = 0; step < 6; step++) act(() => void vi.advanceTimersByTime(500))
    expect(toasts()).toHaveLength(0)
  })

  test('PAGE-98 keep an Arabic name and text apart from the English around them', () => {
    const { come } = drawToasts()
    const contact = { id: 'k', waId: '1', name: 'ليلى حداد' }
    come(began(conversation('a', ++seq, { contact, lastMessage: { ...said, type: 'image', text: 'أين طلبي؟' } })))
    const [toast] = toasts()
    expect(within(toast!).getByText('ليلى حداد').tagName).toBe('BDI')
    expect(toast!.textContent).toContain('New conversation · \u2068Photo: \u2068أين طلبي؟\u2069\u2069')
  })

  test('make one of three within 2 s, which counts up in place', () => {
    const { come } = drawToasts()
    come(someone('a'))
    come(someone('b'))
    come(someone('c'))
    act(() => void vi.advanceTimersByTime(1000))
    const group = screen.getByText('3 new conversations')
    for (const id of ['d', 'e', 'f', 'g']) come(someone(id))
    act(() => void vi.advanceTimersByTime(1000))
    expect(screen.getByText('7 new conversations')).toBeTruthy()
    expect(screen.queryByText('3 new conversations')).toBeNull()
    expect(group.isConnected).toBe(true)
    expect(toasts()).toHaveLength(1)
    expect(toasts()[0]!.textContent).toContain('Contact b and 5 more')
  })

  test('are not made of what is on screen already', () => {
    const { come } = drawToasts('/conversations/a')
    come(someone('a'))
    expect(toasts()).toHaveLength(0)
  })

  test('tell of a reply that failed in one’s own conversation where one isn’t looking', async () => {
    vi.useRealTimers()
    const page = drawToasts()
    const hear = (id: string, assignee: { id: string; name: string } | null) =>
      hears(page, updated(conversation(id, ++seq, { assignee, lastMessage: { ...failed, id: `m-${id}` } }), 'message'))
    hear('b', { id: 'ben', name: 'Ben' })
    hear('a', { id: 'ann', name: 'Ann' })
    expect(await screen.findByText('Reply to Contact a wasn’t delivered')).toBeTruthy()
    expect(screen.getByText('Not delivered: more than 24 hours since the customer last wrote.')).toBeTruthy()
    expect(screen.queryByText('Reply to Contact b wasn’t delivered')).toBeNull()
    await userEvent.click(screen.getByRole('link', { name: 'Open the conversation with Contact a' }))
  })
})
