/** A message in one line: its text, or what it is. */
import type { TextKey, Translate } from '@/i18n/catalogue'
import type { LastMessage, Message } from './types'

type KindKey = Exclude<Extract<TextKey, `kind.${string}`>, 'kind.before' | 'kind.withText' | 'kind.other'>
type Said = Pick<LastMessage | Message, 'type' | 'text'>

const kinds: Record<string, KindKey> = {
  image: 'kind.image',
  video: 'kind.video',
  audio: 'kind.audio',
  voice: 'kind.audio',
  document: 'kind.document',
  sticker: 'kind.sticker',
  location: 'kind.location',
  contacts: 'kind.contacts',
  interactive: 'kind.choice',
  button: 'kind.choice',
  reaction: 'kind.reaction',
  order: 'kind.order',
  system: 'kind.system',
  unsupported: 'kind.unsupported',
}

/** Kinds whose words say enough where there is one line. */
const wordsAlone = new Set(['text', 'interactive', 'button', 'system'])

/** What a message is. One of a kind that this page doesn't know is called by that kind's own name. */
export function kindName({ type, text }: Said, t: Translate): string {
  if (type === 'reaction' && !text) return t('kind.unreacted')
  const key = kinds[type]
  return key ? t(key) : t('kind.other', { type })
}

/** One line's two parts, of which either may be empty: what it is, and its words. */
export function lineParts(message: Said, t: Translate): { kind: string; text: string } {
  const text = message.text.replace(/\s+/g, ' ').trim()
  if (message.type === 'text' || (wordsAlone.has(message.type) && text)) return { kind: '', text }
  return { kind: kindName(message, t), text: message.type in kinds ? text : '' }
}

export function oneLine(message: Said, t: Translate): string {
  const { kind, text } = lineParts(message, t)
  return kind && text ? t('kind.withText', { kind, text }) : kind || text
}
