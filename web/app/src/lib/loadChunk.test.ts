import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadChunk } from './loadChunk'

let answers = true
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', () => (answers ? Promise.resolve(new Response()) : Promise.reject(new TypeError('no answer'))))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('PAGE-95 a part of the page', () => {
  test('whose styles did not come asks for them again, and is shown with them', async () => {
    answers = true
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = '/assets/part.css'
    document.head.append(link)
    link.dispatchEvent(new Event('error'))
    const load = vi.fn().mockRejectedValueOnce(new Error('no styles')).mockResolvedValue('part')
    const loading = loadChunk(load)
    await vi.advanceTimersByTimeAsync(1000)
    expect(link.isConnected).toBe(false)
    expect(load).toHaveBeenCalledTimes(1)
    document.querySelector('link[href$="/assets/part.css"]')!.dispatchEvent(new Event('load'))
    expect(await loading).toBe('part')
  })

  test('waits for the server however long it takes, and no longer than until there is a network', async () => {
    answers = false
    const load = vi.fn(() => (answers ? Promise.resolve('part') : Promise.reject(new Error('no answer'))))
    const loading = loadChunk(load)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(load.mock.calls.length).toBeGreaterThan(60)
    answers = true
    window.dispatchEvent(new Event('online'))
    expect(await loading).toBe('part')
  })

  test('that the server has not got is given up after a few tries', async () => {
    answers = true
    const load = vi.fn(() => Promise.reject(new Error('404')))
    const loading = loadChunk(load).catch((thrown: unknown) => String(thrown))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await loading).toBe('Error: 404')
    expect(load).toHaveBeenCalledTimes(4)
  })
})
