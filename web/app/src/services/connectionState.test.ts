import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ConnectionStatus } from './connectionState'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('PAGE-13 green only in step, orange on the way, red after 30 s without a connection', () => {
  const status = new ConnectionStatus()
  const state = () => status.snapshot().state
  status.lost()
  expect(state()).toBe('reconnecting')
  vi.advanceTimersByTime(29_999)
  expect(state()).toBe('reconnecting')
  vi.advanceTimersByTime(1)
  expect(state()).toBe('disconnected')
  status.catchingUp()
  expect(state()).toBe('reconnecting')
  status.inStep()
  expect(state()).toBe('connected')
  status.lost()
  expect(state()).toBe('reconnecting')
})

test('PAGE-93 offline after 5 s without a connection, until there is one', () => {
  const status = new ConnectionStatus()
  const offline = () => status.snapshot().offline
  status.inStep()
  status.lost()
  vi.advanceTimersByTime(4_000)
  status.lost()
  vi.advanceTimersByTime(999)
  expect(offline()).toBe(false)
  vi.advanceTimersByTime(1)
  expect(offline()).toBe(true)
  expect(status.snapshot()).toMatchObject({ state: 'reconnecting', since: Date.now() - 5_000 })
  vi.advanceTimersByTime(25_000)
  expect(status.snapshot()).toMatchObject({ state: 'disconnected', offline: true })
  status.catchingUp()
  expect(offline()).toBe(false)
  vi.advanceTimersByTime(60_000)
  expect(offline()).toBe(false)
})

test('failed tries do not put off the red', () => {
  const status = new ConnectionStatus()
  for (let t = 0; t < 30; t++) {
    status.lost()
    vi.advanceTimersByTime(1000)
  }
  expect(status.snapshot().state).toBe('disconnected')
})

test('catching up for long is no disconnection', () => {
  const status = new ConnectionStatus()
  status.lost()
  status.catchingUp()
  vi.advanceTimersByTime(60_000)
  expect(status.snapshot().state).toBe('reconnecting')
})

test('since tells when the state began; the last time in step is when the server was last heard', () => {
  const status = new ConnectionStatus()
  status.inStep()
  const heard = Date.now()
  vi.advanceTimersByTime(15_000)
  status.lost()
  expect(status.snapshot()).toMatchObject({ since: heard + 15_000, lastSyncAt: heard })
})
