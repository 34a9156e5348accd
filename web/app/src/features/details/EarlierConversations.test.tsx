import { act, screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { conversation } from '@/test/fixtures'
import { draw } from '@/test/page'
import { EarlierConversations } from './EarlierConversations'

test('PAGE-103 what was loaded once stays while it can’t be loaded anew', async () => {
  let broken = false
  const answer = () => (broken ? new Response('{}', { status: 500 }) : { conversations: [], nextCursor: null, unreadTotal: 0, seq: 1 })
  const { portal } = draw(<EarlierConversations conversation={conversation('c1', 3)} />, { answer })
  expect(await screen.findByText('None. This is the first.')).toBeTruthy()
  broken = true
  act(() => void portal.client.refetchQueries())
  await waitFor(() => expect(portal.client.getQueryCache().getAll()[0]?.state.fetchFailureReason).not.toBeNull())
  expect(screen.getByText('None. This is the first.')).toBeTruthy()
})

test('PAGE-103 earlier conversations that can’t be loaded are told of, not left out', async () => {
  draw(<EarlierConversations conversation={conversation('c1', 3)} />, { answer: () => new Response('{}', { status: 500 }) })
  expect(await screen.findByText(/Earlier conversations couldn’t be loaded/)).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Try now' })).toBeTruthy()
  expect(screen.queryByText('None. This is the first.')).toBeNull()
})
