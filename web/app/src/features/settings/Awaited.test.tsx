import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import type { Answer } from '@/hooks/answer'
import { ApiError } from '@/lib/api'
import { draw } from '@/test/page'
import { Awaited } from './Awaited'

afterEach(() => void vi.unstubAllGlobals())

const answer = (parts: Partial<Answer<unknown>>) => ({ refetch: () => undefined, ...parts }) as Answer<unknown>

test('PAGE-86 what an admin manages is announced while it loads, then stands for itself', async () => {
  draw(<Awaited answer={answer({})} rows={3} />)
  expect(screen.queryByRole('status')).toBeNull() // what comes at once needs no skeleton
  expect((await screen.findByRole('status')).children).toHaveLength(1 + 3)
})

test('PAGE-86 nothing stands beside what has come', () => {
  draw(<Awaited answer={answer({ data: [], error: new ApiError(503, {}) })} rows={3} />)
  expect(screen.queryByRole('status')).toBeNull()
  expect(screen.queryByRole('alert')).toBeNull()
})

test('PAGE-86 what failed can be tried again at once', async () => {
  const refetch = vi.fn()
  draw(<Awaited answer={answer({ error: new ApiError(503, {}), refetch })} rows={3} />)
  expect(screen.getByRole('alert')).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'Try now' }))
  expect(refetch).toHaveBeenCalledOnce()
})
