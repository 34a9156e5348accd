import { act, fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { useSendMessage } from '@/hooks/useConversations'
import type { Conversation, Message, ThreadMessage } from '@/lib/types'
import { conversation, message } from '@/test/fixtures'
import { draw } from '@/test/page'
import { ReplyArea } from './ReplyArea'

interface Given {
  change?: Partial<Conversation>
  messages?: ThreadMessage[]
  role?: 'agent' | 'viewer'
  answer?: (path: string, init: RequestInit | undefined) => unknown
}

const box = createRef<HTMLTextAreaElement>()
const onReopen = vi.fn()

function Area({ row, messages }: { row: Conversation; messages: ThreadMessage[] }) {
  const sender = useSendMessage(row.id)
  return <ReplyArea conversation={row} messages={messages} sender={sender} phone={false} box={box} onReopen={onReopen} />
}

function drawArea({ change, messages = [], role, answer }: Given = {}) {
  const row = conversation('c1', 3, { contact: { id: 'k', waId: '49151', name: 'Amira' }, ...change })
  const page = draw(<Area row={row} messages={messages} />, { role, answer })
  const send = vi.spyOn(page.portal.outbox, 'send')
  return { ...page, send, composer: screen.queryByTestId<HTMLTextAreaElement>('composer')! }
}

const inbound = (minutesAgo: number) =>
  message('in', 2, { direction: 'inbound', status: 'received', createdAt: new Date(Date.now() - minutesAgo * 60_000).toISOString() })

/** The connection as the page knows it, this long after it was lost. */
function cutOff({ portal }: { portal: ReturnType<typeof draw>['portal'] }, ms = 31_000) {
  vi.useFakeTimers()
  act(() => {
    portal.socket.status.lost()
    vi.advanceTimersByTime(ms)
  })
  vi.useRealTimers()
}

afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
  onReopen.mockClear()
})

test('PAGE-80 Esc leads out of the text, which stays', async () => {
  const { composer } = drawArea()
  await userEvent.type(composer, 'Hello{Escape}')
  expect(document.activeElement).toBe(document.body)
  expect(composer.value).toBe('Hello')
})

describe('PAGE-29 the composer', () => {
  test('sends with Enter and breaks the line with Shift+Enter', async () => {
    const { composer, send } = drawArea()
    await userEvent.type(composer, 'Hello{Shift>}{Enter}{/Shift}there')
    expect(composer.value).toBe('Hello\nthere')
    expect(send).not.toHaveBeenCalled()
    await userEvent.type(composer, '{Enter}')
    expect(send).toHaveBeenCalledExactlyOnceWith('c1', 'Hello\nthere', expect.anything())
    expect(composer.value).toBe('')
  })

  test('takes Enter for the word while a script is composed', () => {
    const { composer, send } = drawArea()
    fireEvent.change(composer, { target: { value: 'か' } })
    fireEvent.keyDown(composer, { key: 'Enter', isComposing: true })
    expect(send).not.toHaveBeenCalled()
    expect(composer.value).toBe('か')
  })

  test('sends no blanks, and nothing over 4096 code points', async () => {
    const { composer, send } = drawArea()
    fireEvent.change(composer, { target: { value: ' \n ' } })
    fireEvent.keyDown(composer, { key: 'Enter' })
    fireEvent.change(composer, { target: { value: '😀'.repeat(4097) } })
    expect(screen.getByRole('alert').textContent).toBe('1 character too many')
    fireEvent.keyDown(composer, { key: 'Enter' })
    expect(send).not.toHaveBeenCalled()
    fireEvent.change(composer, { target: { value: '😀'.repeat(4096) } })
    await userEvent.click(screen.getByRole('button', { name: 'Send' }))
    expect(send).toHaveBeenCalledOnce()
  })

  test('keeps what was begun', () => {
    const { composer, portal } = drawArea()
    fireEvent.change(composer, { target: { value: 'I have' } })
    expect(portal.drafts.get('c1')).toBe('I have')
  })
})

describe('PAGE-31 the note above the text', () => {
  test('none while the window is wide open', () => {
    drawArea({ messages: [inbound(10)] })
    expect(screen.queryByRole('note')).toBeNull()
  })

  test('counts the last hour of the window down', () => {
    drawArea({ messages: [inbound(24 * 60 - 42)] })
    expect(screen.getByRole('note').textContent).toMatch(/^42 minutes left to reply freely\. After \d\d:\d\d, WhatsApp takes only approved templates\.$/)
  })

  test('warns after it, and Send stays usable', async () => {
    const { composer, send } = drawArea({ messages: [inbound(25 * 60)] })
    expect(screen.getByRole('note').textContent).toContain('WhatsApp will most likely refuse this reply until Amira writes again.')
    await userEvent.type(composer, 'Still there?{Enter}')
    expect(send).toHaveBeenCalledOnce()
  })

  test('a web chat has no window', () => {
    drawArea({ change: { channel: 'webchat' }, messages: [inbound(25 * 60)] })
    expect(screen.queryByRole('note')).toBeNull()
  })

  test('offline goes before the window', () => {
    const page = drawArea({ messages: [inbound(25 * 60)] })
    cutOff(page)
    expect(screen.getAllByRole('note')).toHaveLength(1)
    expect(screen.getByRole('note').textContent).toContain('Offline.')
  })

  test('PAGE-93 five seconds without a connection are enough to say what becomes of a reply', () => {
    const page = drawArea({ messages: [inbound(5)] })
    expect(screen.queryByRole('note')).toBeNull()
    cutOff(page, 5_000)
    expect(screen.getByRole('note').textContent).toContain('Offline.')
    expect(screen.getByRole('button', { name: 'Queue' })).toBeTruthy()
  })

  test('a closed conversation has a note and Reopen in the box’s place', async () => {
    const { composer } = drawArea({ change: { status: 'closed', closedAt: '2026-01-01T10:00:00.000Z' } })
    expect(composer).toBeNull()
    expect(screen.getByRole('note').textContent).toContain('A new message from Amira starts a new conversation.')
    await userEvent.click(screen.getByRole('button', { name: 'Reopen' }))
    expect(onReopen).toHaveBeenCalledOnce()
  })

  test('one that was closed while a reply was being written says so, and keeps the text', () => {
    localStorage.setItem('portal.drafts.ann', '{"c1":"Almost done"}')
    const { portal } = drawArea({ change: { status: 'closed', closedAt: new Date().toISOString() } })
    expect(screen.getByRole('note').textContent).toMatch(/This conversation was closed at \d\d:\d\d\. Reopen it to reply\./)
    expect(portal.drafts.get('c1')).toBe('Almost done')
  })
})

describe('PAGE-32 a reply that another agent’s overtook', () => {
  const newer: Message = message('m9', 9, { text: 'It is on its way', author: { type: 'agent', id: 'jo', name: 'Jonas Weber' } })

  async function overtaken() {
    const page = drawArea()
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ status: 409, newer: [newer] }), { status: 409 })))
    void page.portal.outbox.start()
    await userEvent.type(page.composer, 'I will send it{Enter}')
    await screen.findByText('Jonas Weber replied while you were writing.')
    return page
  }

  test('shows the newer answer, and the text stays in the box', async () => {
    const { composer, portal } = await overtaken()
    expect(screen.getByText('It is on its way')).toBeTruthy()
    expect(composer.value).toBe('I will send it')
    portal.outbox.stop()
  })

  test('becomes the draft again, or goes out anyway', async () => {
    const { composer, portal } = await overtaken()
    await userEvent.click(screen.getByRole('button', { name: 'Keep as draft' }))
    expect(composer.value).toBe('I will send it')
    expect(portal.drafts.get('c1')).toBe('I will send it')
    expect(portal.outbox.of('c1')).toHaveLength(0)
    await userEvent.type(composer, '{Enter}')
    await screen.findByRole('button', { name: 'Send anyway' })
    const bodies: string[] = []
    vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
      bodies.push(init.body as string)
      return Promise.resolve(Response.json({ message: message('m10', 10) }))
    })
    await userEvent.click(screen.getByRole('button', { name: 'Send anyway' }))
    await vi.waitFor(() => expect(bodies.map((body) => JSON.parse(body) as unknown)).toMatchObject([{ text: 'I will send it', force: true }]), 10_000)
    portal.outbox.stop()
  })
})

describe('PAGE-33 without a connection', () => {
  test('Send is Queue as soon as the browser tells of no network', () => {
    const page = drawArea()
    expect(screen.getByRole('button', { name: 'Send' })).toBeTruthy()
    const onLine = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    act(() => void window.dispatchEvent(new Event('offline')))
    expect(screen.getByRole('button', { name: 'Queue' })).toBeTruthy()
    expect(screen.getByRole('note').textContent).toContain('Offline.')
    onLine.mockReturnValue(true)
    act(() => void window.dispatchEvent(new Event('online')))
    expect(screen.getByRole('button', { name: 'Send' })).toBeTruthy()
    page.unmount()
    onLine.mockRestore()
  })

  test('Send is Queue, and what waits is counted', async () => {
    const page = drawArea()
    void page.portal.outbox.start()
    cutOff(page)
    await userEvent.type(page.composer, 'One{Enter}Two{Enter}')
    expect(screen.getByRole('button', { name: 'Queue' })).toBeTruthy()
    expect(screen.getByText('2 waiting')).toBeTruthy()
    page.portal.outbox.stop()
  })
})

test('PAGE-34 a viewer reads, and is told what a reply takes', () => {
  const { composer } = drawArea({ role: 'viewer' })
  expect(composer).toBeNull()
  expect(screen.getByRole('note').textContent).toBe('You can read here. Replies need the agent role.')
})
