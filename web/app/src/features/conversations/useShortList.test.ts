import { renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConversationList } from '@/hooks/useConversations'
import { conversation } from '@/test/fixtures'
import { useShortList } from './useShortList'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function render(rows: number) {
  const shorten = vi.fn()
  const conversations = Array.from({ length: rows }, (_, i) => conversation(`c${i}`, i + 1))
  const list = { conversations, shorten } as unknown as ConversationList
  return { shorten, ...renderHook(({ lastSeen }) => useShortList(list, lastSeen), { initialProps: { lastSeen: 20 } }) }
}

test('PAGE-47 a long list is shortened after a while at its top, unless one has left it meanwhile', () => {
  const { shorten, rerender } = render(1200)
  vi.advanceTimersByTime(59_000)
  expect(shorten).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000)
  const isWanted = shorten.mock.calls[0]![0] as () => boolean
  expect(isWanted()).toBe(true)
  rerender({ lastSeen: 500 })
  expect(isWanted()).toBe(false)
  vi.advanceTimersByTime(120_000)
  expect(shorten).toHaveBeenCalledOnce()
})

test('PAGE-47 a short list stays as it is', () => {
  const { shorten } = render(1000)
  vi.advanceTimersByTime(300_000)
  expect(shorten).not.toHaveBeenCalled()
})
