import { describe, expect, test } from 'vitest'
import { createTranslate } from '@/i18n/catalogue'
import { ar } from '@/i18n/ar'
import { en } from '@/i18n/en'
import { languages } from '@/i18n/languages'
import openapi from '../../../../testdata/documents/openapi.json'
import { ApiError } from './api'
import { describeError } from './describeError'

const english = createTranslate(en, languages.en)
const arabic = createTranslate(ar, languages.ar)
const reasons = openapi.components.schemas.Problem.properties.reason.enum

describe('PAGE-79 a refusal is said in the page’s language', () => {
  for (const reason of reasons.filter((r) => !r.startsWith('token_'))) {
    test(reason, () => {
      const refused = new ApiError(409, { title: 'Conflict', detail: 'in the server’s English', reason: reason as never })
      for (const t of [english, arabic]) {
        expect(describeError(refused, t)).toBe(t(`refusal.${reason}` as 'refusal.last_admin'))
      }
      expect(describeError(refused, arabic)).toMatch(/\p{Script=Arabic}/u)
    })
  }

  test('without a known reason it is said by the status, never in the server’s words', () => {
    for (const status of [0, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503]) {
      for (const reason of [undefined, 'token_expired', 'a_newer_word']) {
        const text = describeError(new ApiError(status, { detail: 'English', reason: reason as never }), arabic)
        expect(text).toMatch(/\p{Script=Arabic}/u)
        expect(text).not.toMatch(/[A-Za-z]/)
      }
    }
  })
})
