import { expect, test } from 'vitest'
import { ApiError } from './api'

test('an ApiError says what the problem document says', () => {
  expect(new ApiError(422, { detail: 'text is blank' }).message).toBe('text is blank')
})
