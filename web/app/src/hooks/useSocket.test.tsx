import { act } from '@testing-library/react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { message, wrote } from '@/test/fixtures'
import { draw, hears, type Page } from '@/test/page'
import { useSocket, useSocketEvent } from './useSocket'

afterEach(() => void vi.unstubAllGlobals())

const heard: string[] = []

function Listener({ name }: { name: string }) {
  useSocketEvent('message:new', ({ message: { id } }) => heard.push(`${name} ${id}`))
  const { connected } = useSocket()
  return <p>{connected ? 'in step' : 'not in step'}</p>
}

const say = (page: Page, id: string) => hears(page, wrote(message(id, 4)))

describe('PAGE-14 a handler of a socket event', () => {
  test('is called once, is always the latest, and is gone with its part of the page', () => {
    heard.length = 0
    const page = draw(<Listener name="first" />)
    say(page, 'm1')
    page.rerender(<Listener name="second" />)
    say(page, 'm2')
    page.unmount()
    say(page, 'm3')
    expect(heard).toEqual(['first m1', 'second m2'])
    expect(page.portal.socket.socket.listeners('message:new')).toHaveLength(0)
  })

  test('connected means in step, not merely that there is a connection', () => {
    const page = draw(<Listener name="x" />)
    act(() => page.portal.socket.status.catchingUp())
    expect(page.getByRole('paragraph').textContent).toBe('not in step')
    act(() => page.portal.socket.status.inStep())
    expect(page.getByRole('paragraph').textContent).toBe('in step')
  })
})
