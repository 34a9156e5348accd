import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TypingBoard, TypingSender } from './typing'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('PAGE-5 who types', () => {
  function sender() {
    const began = Date.now()
    const told: string[] = []
    const typing = new TypingSender((event) => told.push(`${event.slice(7)}@${Date.now() - began}`))
    const keys = (until: number, every: number) => {
      for (let t = 0; t < until; t += every) {
        typing.input('x')
        vi.advanceTimersByTime(every)
      }
    }
    return { typing, told, keys }
  }

  test('tells it at the first key, and again every 2 s at most while keys come', () => {
    const { told, keys } = sender()
    keys(5000, 100)
    expect(told).toEqual(['start@0', 'start@2000', 'start@4000'])
  })

  test('tells of a key between two repeats at the next one, so that nobody sees a gap of 3 s', () => {
    const { typing, told } = sender()
    typing.input('x')
    vi.advanceTimersByTime(1900)
    typing.input('xy')
    vi.advanceTimersByTime(200)
    expect(told).toEqual(['start@0', 'start@2000'])
  })

  test('stops after 4 s without a key', () => {
    const { typing, told } = sender()
    typing.input('x')
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual(['start@0', 'stop@4000'])
  })

  test('stops at once when the box is emptied, left or sent, and only once', () => {
    const { typing, told } = sender()
    typing.input('x')
    typing.input('')
    typing.stop()
    typing.stop()
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual(['start@0', 'stop@0'])
  })
})

describe('PAGE-5 who sees it', () => {
  const actor = (id: string, type: 'agent' | 'customer' = 'agent') => ({ type, id, name: id })
  const names = (board: TypingBoard, id = 'c1') => board.typists(id).map((t) => t.name)
  const start = (board: TypingBoard, id: string, type?: 'customer') => board.started({ conversationId: 'c1', actor: actor(id, type) })

  test('forgets each person 3 s after their last start', () => {
    const board = new TypingBoard()
    start(board, 'ann')
    vi.advanceTimersByTime(2000)
    start(board, 'ben')
    vi.advanceTimersByTime(500)
    start(board, 'ann')
    expect(names(board)).toEqual(['ann', 'ben'])
    vi.advanceTimersByTime(2499)
    expect(names(board)).toEqual(['ann', 'ben'])
    vi.advanceTimersByTime(1)
    expect(names(board)).toEqual(['ann'])
    vi.advanceTimersByTime(500)
    expect(names(board)).toEqual([])
  })

  test('a repeat changes nothing on screen', () => {
    const board = new TypingBoard()
    start(board, 'ann')
    const before = board.typists('c1')
    const changed = vi.fn()
    board.subscribe(changed)
    start(board, 'ann')
    expect(board.typists('c1')).toBe(before)
    expect(changed).not.toHaveBeenCalled()
  })

  test("goes on stop, on that person's message, on leaving", () => {
    const board = new TypingBoard()
    start(board, 'ann')
    start(board, 'ben')
    start(board, 'k1', 'customer')
    board.stopped({ conversationId: 'c1', actor: actor('ann') })
    expect(names(board)).toEqual(['ben', 'k1'])
    board.sent({ conversationId: 'c1', author: actor('another id of the customer', 'customer') })
    expect(names(board)).toEqual(['ben'])
    board.forget('c1')
    expect(names(board)).toEqual([])
  })
})
