import { memo } from 'react'
import { Ticks } from '@/components/ui/Ticks'
import { useI18n } from '@/i18n/I18nContext'
import { whyFailed } from '@/lib/failure'
import type { ThreadMessage } from '@/lib/types'
import classes from './Bubble.module.css'
import { LinkedText } from './LinkedText'
import { Media } from './Media'
import { reachedAt } from './reachedAt'

export interface BubbleProps {
  message: ThreadMessage
  startsGroup: boolean
  endsGroup: boolean
  /** Written by the person who looks at it. */
  mine: boolean
  selected: boolean
  /** No connection: what waits, waits here. */
  offline: boolean
  /** When a failed one was sent again, ms since 1970. */
  retriedAt?: number
  /** Reached by Tab; the others by the arrows. */
  tabbable: boolean
  onSelect: (id: string) => void
  /** Shows when it was sent, delivered and read. */
  onDetails: () => void
  /** Absent where one may not send. */
  onRetry?: (message: ThreadMessage) => void
}

export const Bubble = memo(function Bubble(props: BubbleProps) {
  const { message, startsGroup, endsGroup, mine, selected, tabbable, onSelect, onDetails } = props
  const { t, format } = useI18n()
  const out = message.direction === 'outbound'
  const author = mine ? t('message.you') : message.author.name || t('message.customer')
  const select = () => onSelect(message.id)

  return (
    <article
      className={classes.row}
      data-testid="message"
      data-message-id={message.id}
      data-direction={message.direction}
      data-status={message.status}
      data-starts={startsGroup}
      data-ends={endsGroup}
      data-selected={selected}
      aria-label={t('message.from', { author, time: format.clock(message.createdAt) })}
      tabIndex={tabbable ? 0 : -1}
      onFocus={select}
      onClick={select}
    >
      <div className={classes.bubble}>
        {startsGroup && out && !mine && (
          <p className={classes.author}>
            <bdi>{author}</bdi>
          </p>
        )}
        <Media message={message} />
        <p className={classes.body} dir="auto">
          {message.text && (
            <span className={classes.text}>
              <LinkedText text={message.text} />
            </span>
          )}
          <Meta message={message} withTime={endsGroup} onDetails={onDetails} />
        </p>
        {!endsGroup && (
          <time className={classes.aside} dateTime={message.createdAt}>
            {format.clock(message.createdAt)}
          </time>
        )}
      </div>
      <Below {...props} />
    </article>
  )
})

/** The time on the last of a group, the tick on every outgoing one. */
function Meta({ message, withTime, onDetails }: { message: ThreadMessage; withTime: boolean; onDetails: () => void }) {
  const { format } = useI18n()
  const { status, createdAt } = message
  if (!withTime && status === 'received') return null
  return (
    // For a finger; by keyboard it is Enter on the message, and the header has Details.
    <span className={classes.meta} onClick={onDetails}>
      {withTime && <time dateTime={createdAt}>{format.clock(createdAt)}</time>}
      {status !== 'received' && <Ticks status={status} at={reachedAt(message)} />}
    </span>
  )
}

/** What has to be said of it: why it failed, that it is only kept here, that WhatsApp is slow. */
function Below({ message, endsGroup, retriedAt, offline, onRetry }: BubbleProps) {
  const { t, format } = useI18n()
  if (message.status === 'failed') {
    return (
      <p className={classes.below} data-tone="fail">
        {whyFailed(message, t)}{' '}
        {retriedAt !== undefined && (
          <span className={classes.retried}>{t('message.retried', { time: format.clock(retriedAt) })}</span>
        )}
        {retriedAt === undefined && onRetry && (
          <button type="button" className={classes.retry} onClick={() => onRetry(message)}>
            {t('message.retry')}
          </button>
        )}
      </p>
    )
  }
  if (message.pending && message.kept === false) {
    return (
      <p className={classes.below} data-tone="fail">
        {t('message.notKept')}
      </p>
    )
  }
  // Once for all that wait together.
  if (message.pending && offline) return endsGroup && <p className={classes.below}>{t('message.kept')}</p>
  if (message.status === 'queued' && message.attempts > 1) {
    return <p className={classes.below}>{t('message.tries', { count: message.attempts })}</p>
  }
  return null
}
