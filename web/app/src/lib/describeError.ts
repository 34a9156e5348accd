/** What a failed call means for the person in front of it: one sentence, in their language. */
import type { Translate } from '@/i18n/catalogue'
import { en } from '@/i18n/en'
import type { ApiError } from './api'
import type { Problem } from './types'

/** What the server has a word for. A refused token's words are the session's business. */
type Refusal = Exclude<NonNullable<Problem['reason']>, `token_${string}`>

/** A newer server may have words that this page hasn't. */
function isKnown(reason: Problem['reason']): reason is Refusal {
  return reason !== undefined && `refusal.${reason}` in en
}

export function describeError({ status, problem, retryAfter }: Pick<ApiError, 'status' | 'problem' | 'retryAfter'>, t: Translate): string {
  const { reason } = problem
  if (isKnown(reason)) return t(`refusal.${reason}`)
  switch (status) {
    case 0:
      return t('error.noServer')
    case 401:
      return t('error.signedOut')
    case 403:
      return t('error.forbidden')
    case 404:
      return t('error.missing')
    case 409:
      return t('error.conflict')
    case 429:
      return t('error.limited', { seconds: retryAfter ?? 1 })
    default:
      return t(status >= 500 ? 'error.server' : 'error.invalid')
  }
}
