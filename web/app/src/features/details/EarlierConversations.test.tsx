import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { conversation } from '@/test/fixtures'
import { draw } from '@/test/page'
import { EarlierConversations } from './EarlierConversations'

test('PAGE-103 earlier conversations that can’t be loaded are told of, not left out', async () => {
  draw(<EarlierConversations conversation={conversation('c1', 3)} />, { answer: () => new Response('{}', { status: 500 }) })
  expect(await screen.findByText(/Earlier conversations couldn’t be loaded/)).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Try now' })).toBeTruthy()
  expect(screen.queryByText('None. This is the first.')).toBeNull()
})
