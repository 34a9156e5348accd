/** What a customer is called: their name, else their number in a readable form. */
import type { Translate } from '@/i18n/catalogue'
import { formatPhone } from './phone'
import type { Contact } from './types'

export function contactName({ name, waId }: Pick<Contact, 'name' | 'waId'>, t: Translate): string {
  const called = name.trim()
  if (called !== '' && called.replace(/^\+/, '') !== waId) return called
  return waId ? formatPhone(waId) : t('message.customer')
}
