import { expect, test, vi } from 'vitest'
import { loadChunk } from './loadChunk'

test('PAGE-95 a part whose styles did not come asks for them again, and is shown with them', async () => {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = '/assets/part.css'
  document.head.append(link)
  link.dispatchEvent(new Event('error'))
  const load = vi.fn().mockRejectedValueOnce(new Error('no styles')).mockResolvedValue('part')
  const loading = loadChunk(load, 0)
  await vi.waitFor(() => expect(link.isConnected).toBe(false))
  expect(load).toHaveBeenCalledTimes(1)
  document.querySelector('link[href$="/assets/part.css"]')!.dispatchEvent(new Event('load'))
  expect(await loading).toBe('part')
})
