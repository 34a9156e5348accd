/** What a failed call means for the person in front of it: one sentence. */
import type { Translate } from '@/i18n/catalogue'
import type { ApiError } from './api'

export function describeError(error: ApiError, t: Translate): string {
  if (error.status === 0) return t('error.noServer')
  if (error.status === 404) return t('error.missing')
  if (error.status === 403) return t('error.forbidden')
  if (error.status === 429) return t('error.limited', { seconds: error.retryAfter ?? 1 })
  if (error.status >= 500) return t('error.server')
  return error.problem.detail ?? error.problem.title ?? t('error.server')
}
