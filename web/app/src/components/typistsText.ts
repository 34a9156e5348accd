import type { Typist } from '@/hooks/useConversations'
import type { Translate } from '@/i18n/catalogue'

/** "Jonas is typing…", "Jonas and Priya are typing…", "Several people are typing…". */
export function typistsText(typists: Typist[], t: Translate): string {
  const [first, second] = typists.map((typist) => typistName(typist, t))
  if (first === undefined) return ''
  if (second === undefined) return t('typing.one', { name: first })
  return typists.length === 2 ? t('typing.two', { first, second }) : t('typing.many')
}

/** A customer is "Customer": whose thread it is stands above it. */
function typistName({ type, name }: Typist, t: Translate): string {
  if (type === 'customer') return t('typing.customer')
  return name.split(/\s+/, 1)[0] || t('typing.agent')
}
