import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { draw } from '@/test/page'
import { ConnectionStatus } from './ConnectionStatus'

beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 0, 5, 14, 31) }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function drawStatus() {
  const page = draw(<ConnectionStatus />)
  const { status } = page.portal.socket
  const mark = screen.getByTestId('connection-status')
  return { ...page, status, mark, announced: () => within(mark).getByRole('status').textContent }
}

describe('PAGE-13 the connection', () => {
  test('is not green before all that was missed has been applied', () => {
    const { status, mark } = drawStatus()
    expect(mark.dataset.state).toBe('reconnecting')
    act(() => status.catchingUp())
    expect(mark.dataset.state).toBe('reconnecting')
    act(() => status.setRemaining(14))
    expect(mark.textContent).toContain('Catching up, 14 left')
    act(() => status.inStep())
    expect(mark.dataset.state).toBe('connected')
  })

  test('says its answer time, and how long it has been searching', () => {
    const { status, mark } = drawStatus()
    act(() => {
      status.inStep()
      status.measured(24)
    })
    expect(mark.textContent).toContain('24 ms')
    act(() => {
      status.lost()
      vi.advanceTimersByTime(3000)
    })
    expect(mark.dataset.state).toBe('reconnecting')
    expect(mark.textContent).toMatch(/Reconnecting….*3 s/)
  })

  test('is red after 30 s, with a button that connects now', async () => {
    const { status, mark, portal } = drawStatus()
    const reconnect = vi.spyOn(portal.socket, 'reconnect').mockReturnValue()
    act(() => {
      status.inStep()
      status.lost()
      vi.advanceTimersByTime(29_000)
    })
    expect(mark.dataset.state).toBe('reconnecting')
    expect(screen.queryByRole('button', { name: 'Reconnect' })).toBeNull()
    act(() => void vi.advanceTimersByTime(1500))
    expect(mark.dataset.state).toBe('disconnected')
    vi.useRealTimers()
    await userEvent.click(screen.getByRole('button', { name: 'Reconnect' }))
    expect(reconnect).toHaveBeenCalledOnce()
  })

  test('tells in its tooltip since when, and what becomes of replies', async () => {
    const { status, mark } = drawStatus()
    act(() => {
      status.inStep()
      status.measured(24)
      status.lost()
    })
    vi.useRealTimers()
    await userEvent.hover(within(mark).getByRole('group'))
    expect((await screen.findByRole('tooltip')).textContent).toBe(
      'No connection since 14:31\nYour replies are kept and sent when it is back',
    )
  })

  test('announces changes of state only, at most one in 5 s', () => {
    const { status, announced } = drawStatus()
    act(() => {
      vi.advanceTimersByTime(6000)
      status.inStep()
    })
    act(() => void vi.advanceTimersByTime(1))
    expect(announced()).toBe('Connected')
    act(() => status.lost())
    act(() => void vi.advanceTimersByTime(1000))
    act(() => status.inStep())
    expect(announced()).toBe('Connected')
    act(() => status.lost())
    act(() => void vi.advanceTimersByTime(5000))
    expect(announced()).toBe('Reconnecting…')
  })
})
