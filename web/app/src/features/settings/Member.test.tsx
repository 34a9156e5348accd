import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api'
import { draw } from '@/test/page'
import { Member } from './Member'

afterEach(() => void vi.unstubAllGlobals())

function drawMember(change: () => Promise<void>) {
  draw(<Member user={{ id: 'ben', name: 'Ben Finch', email: 'ben@acme.test', role: 'agent' }} change={change} />)
}

test('PAGE-85 an admin gives someone another role, name, email or password', async () => {
  const change = vi.fn().mockResolvedValue(undefined)
  drawMember(change)
  await userEvent.selectOptions(screen.getByLabelText('Role of Ben Finch'), 'Viewer')
  expect(change).toHaveBeenLastCalledWith('ben', { role: 'viewer' })
  await userEvent.click(screen.getByRole('button', { name: 'Change Ben Finch' }))
  const panel = within(screen.getByRole('group', { name: 'Ben Finch' }))
  await userEvent.type(panel.getByRole('textbox', { name: 'Name' }), ' Jr{Enter}')
  expect(change).toHaveBeenLastCalledWith('ben', { name: 'Ben Finch Jr' })
  await userEvent.type(panel.getByRole('textbox', { name: 'Email' }), '.com{Enter}')
  expect(change).toHaveBeenLastCalledWith('ben', { email: 'ben@acme.test.com' })

  const password = panel.getByLabelText(/^New password/)
  await userEvent.type(password, 'long enough')
  await userEvent.tab()
  expect(change).toHaveBeenCalledTimes(3) // not on leaving
  await userEvent.click(panel.getByRole('button', { name: 'Set password' }))
  expect(change).toHaveBeenLastCalledWith('ben', { password: 'long enough' })
  expect(password).toHaveProperty('value', '')
})

test('PAGE-85 what is refused says why, where it was asked for', async () => {
  drawMember(() => Promise.reject(new ApiError(409, { reason: 'last_admin' })))
  await userEvent.selectOptions(screen.getByLabelText('Role of Ben Finch'), 'Viewer')
  expect((await screen.findByRole('alert')).textContent).toBe('Not saved: The team needs an admin, and this is the last one.')
})
