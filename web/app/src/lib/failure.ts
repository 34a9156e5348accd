/** Why a reply wasn't delivered, in plain words; the bare code stays in the details. */
import type { TextKey, Translate } from '@/i18n/catalogue'
import { describeError } from './describeError'
import type { MessageError, ThreadMessage } from './types'

type ReasonKey = Extract<TextKey, `failure.${string}`> &
  ('failure.unreachable' | 'failure.window' | 'failure.tooFast' | 'failure.policy' | 'failure.account' | 'failure.unsupported' | 'failure.media')

const reasons: Record<string, ReasonKey> = {
  '131026': 'failure.unreachable',
  '131047': 'failure.window',
  '131048': 'failure.tooFast',
  '131056': 'failure.tooFast',
  '130429': 'failure.tooFast',
  '131049': 'failure.policy',
  '130472': 'failure.policy',
  '131031': 'failure.account',
  '131042': 'failure.account',
  '190': 'failure.account',
  '368': 'failure.account',
  '131051': 'failure.unsupported',
  '131052': 'failure.media',
  '131053': 'failure.media',
}

/** One whole sentence. */
export function failureText(error: MessageError | null | undefined, t: Translate): string {
  if (!error) return t('failure.none')
  const reason = reasons[error.code]
  if (reason) return t('failure.full', { reason: t(reason) })
  const words = error.message.trim().replace(/\.$/, '')
  if (words) return t('failure.full', { reason: words })
  return error.code ? t('failure.unknown', { code: error.code }) : t('failure.none')
}

/** Why this message failed: at WhatsApp, or before, at our own server. */
export function whyFailed({ error, refused }: Pick<ThreadMessage, 'refused'> & Partial<Pick<ThreadMessage, 'error'>>, t: Translate): string {
  if (!refused) return failureText(error, t)
  return t('failure.refused', { reason: describeError({ status: refused.status ?? 0, problem: refused }, t) })
}
