import { act, renderHook } from '@testing-library/react'
import { QueryObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { useHeldOrder } from '@/features/conversations/useHeldOrder'
import { queryKeys } from '@/lib/queryKeys'
import type { Role } from '@/lib/types'
import { conversation, message } from '@/test/fixtures'
import { draw } from '@/test/page'
import { useSendMessage, useThread, type SendMessage, type Thread } from './useConversations'
import { useTyping, type Typing } from './useTyping'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** What a hook gives in a page that is drawn for it. */
function use<T>(hook: () => T, role: Role = 'agent') {
  const seen: { now?: T } = {}
  function Probe() {
    seen.now = hook()
    return null
  }
  return { ...draw(<Probe />, { role }), now: () => seen.now! }
}

describe('PAGE-34 keys are told to the others', () => {
  for (const [role, told] of [['agent', 1], ['viewer', 0]] as const) {
    test(`of a ${role}: ${told === 1 ? 'yes' : 'no'}`, () => {
      const { portal, now, unmount } = use<Typing>(() => useTyping('c1'), role)
      vi.spyOn(portal.rooms, 'isJoined').mockReturnValue(true)
      const tell = vi.spyOn(portal.socket, 'emitVolatile').mockReturnValue()
      act(() => now().onInput('H'))
      expect(tell).toHaveBeenCalledTimes(told)
      unmount()
    })
  }
})

test('PAGE-33 a reply whose message has come is one row, whichever was there first', async () => {
  const { portal, now } = use<Thread>(() => useThread('c1'))
  let clientId = ''
  act(() => {
    clientId = portal.outbox.send('c1', 'On its way')
  })
  const put = (...messages: ReturnType<typeof message>[]) =>
    act(async () => {
      portal.client.setQueryData(queryKeys.conversations.messages('c1'), { messages, nextCursor: null, seq: 5 })
      await new Promise((drawn) => setTimeout(drawn))
    })
  await put(message('m4', 4))
  expect(now().messages.map(({ id }) => id)).toEqual(['m4', `waiting-${clientId}`])
  await put(message('m4', 4), message('m5', 5, { clientId }))
  expect(now().messages.map(({ id }) => id)).toEqual(['m4', 'm5'])
  portal.outbox.stop()
})

test('PAGE-26 a retry is a new message, and the failed one remembers when', () => {
  const { portal, now } = use<SendMessage>(() => useSendMessage('c1'))
  const send = vi.spyOn(portal.outbox, 'send')
  act(() => now().retry(message('m4', 4, { status: 'failed', text: 'Once more' })))
  expect(send).toHaveBeenCalledExactlyOnceWith('c1', 'Once more', expect.anything())
  expect(portal.retries.snapshot()).toHaveProperty('m4', expect.any(Number))
  portal.outbox.stop()
})

test('PAGE-104 between pointer-down and pointer-up the rows keep their places, and say what is new', () => {
  vi.useFakeTimers()
  const [a, b] = [conversation('a', 2), conversation('b', 1)]
  const newer = conversation('b', 3)
  const { result, rerender } = renderHook(({ rows }) => useHeldOrder(rows), { initialProps: { rows: [a, b] } })
  act(() => result.current.hold())
  rerender({ rows: [newer, a] })
  expect(result.current.shown).toEqual([a, newer])
  act(() => {
    window.dispatchEvent(new Event('pointerup'))
    vi.advanceTimersByTime(0)
  })
  expect(result.current.shown).toEqual([newer, a])
})

test('PAGE-76 the figures are asked anew every 30 s, whatever the events say', async () => {
  vi.useFakeTimers()
  const { portal } = use(() => null)
  const get = vi.spyOn(portal.api, 'get').mockImplementation(() => Promise.resolve({ seq: 1 } as never))
  const stop = new QueryObserver(portal.client, portal.queries.metrics()).subscribe(() => undefined)
  await vi.advanceTimersByTimeAsync(1000)
  expect(get).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(get).toHaveBeenCalledTimes(3)
  stop()
})
