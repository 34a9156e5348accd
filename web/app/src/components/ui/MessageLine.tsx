import { useI18n } from '@/i18n/I18nContext'
import { lineParts } from '@/lib/messageText'
import type { LastMessage } from '@/lib/types'
import classes from './MessageLine.module.css'

/**
 * A message in one line that ends where its room does. What it is stands in the
 * page's language and its words in the customer's, so each has a direction of its
 * own: in one, the start of the words would be cut off, or their marks misplaced.
 */
export function MessageLine({ message }: { message: Pick<LastMessage, 'type' | 'text'> }) {
  const { t } = useI18n()
  const { kind, text } = lineParts(message, t)
  return (
    <span className={classes.line}>
      {kind && <span className={classes.kind}>{text ? t('kind.before', { kind }) : kind}</span>}
      {kind && text && ' '}
      {text && (
        <span className={classes.words} dir="auto">
          {text}
        </span>
      )}
    </span>
  )
}
