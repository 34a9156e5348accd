/** A message in one line: its text, or what it is. */
import type { TextKey, Translate } from '@/i18n/catalogue'
import type { LastMessage, Message } from './types'

type KindKey = Extract<TextKey, `kind.${string}`>

const kinds: Record<string, Exclude<KindKey, 'kind.withText'>> = {
  image: 'kind.image',
  video: 'kind.video',
  audio: 'kind.audio',
  voice: 'kind.audio',
  document: 'kind.document',
  sticker: 'kind.sticker',
  location: 'kind.location',
  contacts: 'kind.contacts',
}

export function kindName(type: string, t: Translate): string {
  return t(kinds[type] ?? 'kind.other')
}

export function oneLine(message: Pick<LastMessage | Message, 'type' | 'text'>, t: Translate): string {
  const text = message.text.replace(/\s+/g, ' ').trim()
  if (message.type === 'text') return text
  const kind = kindName(message.type, t)
  return text ? t('kind.withText', { kind, text }) : kind
}
