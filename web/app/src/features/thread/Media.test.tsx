import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import type { ThreadMessage } from '@/lib/types'
import { message } from '@/test/fixtures'
import { draw } from '@/test/page'
import { Media } from './Media'

const photo = (mediaUrl: string): ThreadMessage => ({ ...message('m1', 1), type: 'image', text: '', mediaUrl })
const own = '/api/media/m1'

/** The server's answers to what the page asks about the file, in order; the last one stays. */
function answers(...list: Response[]) {
  const asked: string[] = []
  return {
    asked,
    fetch: (path: string, init?: RequestInit) => {
      asked.push(`${init?.method ?? 'GET'} ${path}`)
      return (list.length > 1 ? list.shift() : list[0])?.clone()
    },
  }
}

const problem = (status: number, reason: string) => Response.json({ status, reason }, { status })

describe('PAGE-91 a file that doesn’t load', () => {
  test('is asked after and loaded once more where it is there', async () => {
    const server = answers(new Response(null))
    draw(<Media message={photo(own)} />, { answer: server.fetch })
    const first = screen.getByRole('img')
    fireEvent.error(first)
    await waitFor(() => expect(screen.getByRole('img')).not.toBe(first))
    expect(server.asked).toEqual([`HEAD ${own}`])
    fireEvent.error(screen.getByRole('img'))
    const link = await screen.findByRole('link', { name: /this browser can’t show it/ })
    expect(link.getAttribute('href')).toBe(`${window.location.origin}${own}`)
  })

  test('is gone where the provider hasn’t got it any more, and nothing is offered', async () => {
    draw(<Media message={photo(own)} />, { answer: answers(problem(404, 'media_gone')).fetch })
    fireEvent.error(screen.getByRole('img'))
    expect(await screen.findByText('Photo isn’t available any more')).toBeTruthy()
    expect(screen.queryByRole('button')).toBeNull()
  })

  test('says why it can’t be had now, and is tried again by hand', async () => {
    draw(<Media message={photo(own)} />, { answer: answers(problem(503, 'channel_unreachable')).fetch })
    fireEvent.error(screen.getByRole('img'))
    expect(await screen.findByText('Photo couldn’t be loaded')).toBeTruthy()
    expect(screen.getByText('WhatsApp is not answering. Try again in a moment.')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: 'Try now' }))
    expect(screen.getByRole('img').getAttribute('src')).toBe(`${window.location.origin}${own}`)
  })

  test('names the place where it lies elsewhere, and asks the portal nothing', () => {
    const server = answers(new Response(null))
    draw(<Media message={photo('https://media.example/cat.jpg')} />, { answer: server.fetch })
    fireEvent.error(screen.getByRole('img'))
    expect(screen.getByText('media.example didn’t give it')).toBeTruthy()
    expect(server.asked).toEqual([])
  })
})
