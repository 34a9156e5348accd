import { act } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { began, conversation, updated } from '@/test/fixtures'
import { draw, hears } from '@/test/page'
import type { LastMessage } from '@/lib/types'
import { useAlerts } from './useAlerts'

const notes: { title: string; body: string }[] = []

function Alerts() {
  useAlerts()
  return null
}

const said: LastMessage = {
  id: 'm1', direction: 'inbound', type: 'text', text: 'Is it there?', status: 'received', error: null, createdAt: '2026-01-01T00:00:00.000Z',
}
const ofLeyla = { id: 'k', waId: '1', name: 'ليلى حداد' }

beforeEach(() => {
  vi.useFakeTimers()
  notes.length = 0
  vi.stubGlobal(
    'Notification',
    class {
      static permission = 'granted'
      onclick: (() => void) | null = null
      constructor(title: string, { body }: { body: string }) {
        notes.push({ title, body })
      }
    },
  )
  // Read once: before anything asks for them.
  localStorage.setItem('portal.preferences', JSON.stringify({ desktop: true, sound: false }))
})
afterEach(() => {
  localStorage.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('PAGE-37 a note says who wrote, and what, as the list would', async () => {
  const page = draw(<Alerts />)
  const hear = async (event: Parameters<typeof hears>[1]) => {
    hears(page, event)
    await act(() => vi.advanceTimersByTimeAsync(2000))
  }
  await hear(began(conversation('a', 5, { lastMessage: said })))
  await hear(updated(conversation('b', 6, { contact: ofLeyla, lastMessage: { ...said, type: 'image', text: 'أين طلبي؟' } }), 'message'))
  await hear(updated(conversation('c', 7, { lastMessage: { ...said, type: 'document', text: '' } }), 'message'))
  // Nobody wrote.
  await hear(updated(conversation('d', 8, { lastMessage: { ...said, direction: 'outbound', status: 'queued' } }), 'message'))
  await hear(updated(conversation('e', 9, { lastMessage: said }), 'read'))
  expect(notes).toEqual([
    { title: 'Contact a', body: 'Is it there?' },
    // PAGE-98: each in its own direction.
    { title: 'ليلى حداد', body: 'Photo: \u2068أين طلبي؟\u2069' },
    { title: 'Contact c', body: 'Document' },
  ])
})
