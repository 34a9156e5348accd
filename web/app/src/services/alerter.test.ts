import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { conversation } from '@/test/fixtures'
import { Alerter, concerns, type AlertSettings } from './alerter'
import * as chimes from './chime'

/** Web Locks of one browser, as far as claims use them. */
class Locks {
  private readonly held = new Set<string>()

  request = async (name: string, _: unknown, work: (lock: unknown) => Promise<unknown>): Promise<unknown> => {
    await Promise.resolve()
    if (this.held.has(name)) return work(null)
    this.held.add(name)
    return work({ name })
  }
}

const ann = { id: 'ann', name: 'Ann' }
let notes: { title: string; tag?: string }[]

beforeEach(() => {
  vi.useFakeTimers()
  Object.defineProperty(navigator, 'locks', { value: new Locks(), configurable: true })
  notes = []
  vi.stubGlobal(
    'Notification',
    class {
      static permission = 'granted'
      onclick: (() => void) | null = null
      constructor(title: string, { tag }: { tag?: string }) {
        notes.push({ title, tag })
      }
    },
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  Reflect.deleteProperty(navigator, 'locks')
})

function tab(settings: Partial<AlertSettings> = {}, seen: string | null = null): Alerter {
  return new Alerter({
    me: 'ann',
    settings: () => ({ sound: true, desktop: true, alertScope: 'all', ...settings }),
    isSeen: (id) => id === seen,
    wordsOf: ({ contact }) => ({ title: contact.name, body: '' }),
    open: () => undefined,
  })
}

describe('PAGE-36 of several tabs', () => {
  test('one speaks for all', async () => {
    const chime = vi.spyOn(chimes, 'chime').mockReturnValue()
    const tabs = [tab(), tab(), tab()]
    for (const one of tabs) one.heard(conversation('a', 5), 5)
    await vi.advanceTimersByTimeAsync(1000)
    expect(chime).toHaveBeenCalledOnce()
    expect(notes).toEqual([{ title: 'Contact a', tag: 'portal-a' }])
  })

  test('none does where one shows the conversation', async () => {
    const chime = vi.spyOn(chimes, 'chime').mockReturnValue()
    for (const one of [tab(), tab({}, 'a')]) one.heard(conversation('a', 5), 5)
    await vi.advanceTimersByTimeAsync(1000)
    expect(chime).not.toHaveBeenCalled()
    expect(notes).toEqual([])
  })

  test('the one that may make a sound goes first', async () => {
    const chime = vi.spyOn(chimes, 'chime').mockReturnValue()
    const may = vi.spyOn(chimes, 'canChime').mockReturnValue(false)
    const mute = tab({ sound: false })
    mute.heard(conversation('a', 5), 5)
    may.mockReturnValue(true)
    tab().heard(conversation('a', 5), 5)
    await vi.advanceTimersByTimeAsync(1000)
    expect(chime).toHaveBeenCalledOnce()
  })
})

describe('PAGE-37 alerts', () => {
  test('of a burst are one sound and three notes', async () => {
    const chime = vi.spyOn(chimes, 'chime').mockReturnValue()
    const one = tab()
    for (let seq = 1; seq <= 9; seq++) one.heard(conversation(`c${seq}`, seq), seq)
    await vi.advanceTimersByTimeAsync(1000)
    expect(chime).toHaveBeenCalledOnce()
    expect(notes.map(({ title }) => title)).toEqual(['Contact c7', 'Contact c8', 'Contact c9'])
  })

  test('come as chosen: mine, the unassigned with mine, or all', () => {
    const mine = conversation('a', 1, { assignee: ann })
    const others = conversation('b', 1, { assignee: { id: 'ben', name: 'Ben' } })
    const nobodys = conversation('c', 1)
    const heard = (scope: AlertSettings['alertScope']) => [mine, others, nobodys].filter((c) => concerns(c, scope, 'ann')).map(({ id }) => id)
    expect(heard('mine')).toEqual(['a'])
    expect(heard('unassigned')).toEqual(['a', 'c'])
    expect(heard('all')).toEqual(['a', 'b', 'c'])
  })

  test('are silent by choice', async () => {
    const chime = vi.spyOn(chimes, 'chime').mockReturnValue()
    tab({ sound: false, desktop: false }).heard(conversation('a', 5), 5)
    await vi.advanceTimersByTimeAsync(1000)
    expect(chime).not.toHaveBeenCalled()
    expect(notes).toEqual([])
  })
})
