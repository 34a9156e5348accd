import type { Translate } from '@/i18n/catalogue'
import type { Person } from './types'

/** Whose a conversation is, as the person `me` reads it. */
export function assigneeName(assignee: Person | null, me: string | undefined, nobody: string, t: Translate): string {
  if (!assignee) return nobody
  return assignee.id === me ? t('action.you') : assignee.name
}
