import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api'
import { draw } from '@/test/page'
import { TextField } from './TextField'

afterEach(() => void vi.unstubAllGlobals())

function drawField(onSave: (value: string) => Promise<void>, secret = false) {
  draw(<TextField label="Verify token" value="old" secret={secret} onSave={onSave} />)
  return screen.getByRole<HTMLInputElement>('textbox', { name: 'Verify token' })
}

describe('PAGE-38 a setting', () => {
  test('is saved when one leaves it, and says so', async () => {
    const save = vi.fn().mockResolvedValue(undefined)
    const field = drawField(save)
    await userEvent.clear(field)
    await userEvent.type(field, 'new')
    await userEvent.tab()
    expect(save).toHaveBeenCalledExactlyOnceWith('new')
    expect(await screen.findByText('Saved')).toBeTruthy()
  })

  test('is not saved unchanged, nor after Escape', async () => {
    const save = vi.fn().mockResolvedValue(undefined)
    const field = drawField(save)
    await userEvent.type(field, '!{Backspace}{Enter}')
    await userEvent.type(field, 'x{Escape}')
    await userEvent.tab()
    expect(save).not.toHaveBeenCalled()
    expect(field.value).toBe('old')
  })

  test('that is refused keeps what was written, and says why', async () => {
    const field = drawField(() => Promise.reject(new ApiError(422, { reason: 'channel_value' })))
    await userEvent.type(field, 'er{Enter}')
    expect((await screen.findByRole('alert')).textContent).toBe('Not saved: This can’t be right. Copy it once more.')
    expect(field.value).toBe('older')
  })

  test('that is a secret is never in the box: only its end stands in its place', () => {
    const field = drawField(() => Promise.resolve(), true)
    expect(field.value).toBe('')
    expect(field.placeholder).toBe('old')
  })
})
