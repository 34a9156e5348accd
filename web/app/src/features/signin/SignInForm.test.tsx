import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, test, vi } from 'vitest'
import { AuthContext } from '@/contexts/AuthContext'
import { ApiError } from '@/lib/api'
import { Session } from '@/services/session'
import { SignInForm } from './SignInForm'

async function signIn(refusal: ApiError) {
  const onUnanswered = vi.fn()
  const auth = { user: null, status: 'out' as const, session: new Session(), login: () => Promise.reject(refusal), logout: () => Promise.resolve() }
  render(
    <AuthContext value={auth}>
      <SignInForm onUnanswered={onUnanswered} />
    </AuthContext>,
  )
  await userEvent.type(screen.getByLabelText('Email'), 'ann@acme.test')
  await userEvent.type(screen.getByLabelText('Password'), 'secret')
  await userEvent.click(screen.getByRole('button'))
  const blamed = ['Email', 'Password'].filter((name) => screen.getByLabelText(name).getAttribute('aria-invalid') === 'true')
  return { blamed, onUnanswered }
}

test('PAGE-1 a wrong password says that it is incorrect', async () => {
  const { blamed, onUnanswered } = await signIn(new ApiError(401, {}))
  expect(await screen.findByText('Email or password is incorrect.')).toBeTruthy()
  expect(blamed).toEqual(['Password'])
  expect(onUnanswered).not.toHaveBeenCalled()
})

describe('PAGE-102 what is nobody’s fault blames no field', () => {
  const cases: [string, ApiError, RegExp][] = [
    ['no answer', new ApiError(0, {}), /not answering/],
    ['an answer that the server can’t', new ApiError(503, {}), /can’t do this right now/],
    ['too many tries', new ApiError(429, {}, 240), /again in 4 min/],
  ]
  for (const [name, refusal, words] of cases) {
    test(name, async () => {
      const { blamed, onUnanswered } = await signIn(refusal)
      expect(await screen.findByText(words)).toBeTruthy()
      expect(blamed).toEqual([])
      expect(onUnanswered).toHaveBeenCalledOnce()
    })
  }
})
