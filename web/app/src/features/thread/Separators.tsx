import { useAuth } from '@/contexts/AuthContext'
import { useI18n, type I18n } from '@/i18n/I18nContext'
import type { Separator, ThreadEvent } from './rows'
import classes from './Separators.module.css'

/** What stands between messages: days, what happened, where the new ones begin. */
export function Separators({ separators, now }: { separators: Separator[]; now: number }) {
  const i18n = useI18n()
  const { user } = useAuth()
  return separators.map((separator) => {
    switch (separator.kind) {
      case 'day':
        return (
          <p key="day" className={classes.rule}>
            {i18n.format.day(separator.at, now)}
          </p>
        )
      case 'new':
        return (
          <p key="new" className={classes.rule} data-tone="new">
            {i18n.t('thread.newMessages', { count: separator.count })}
          </p>
        )
      case 'event':
        return (
          <p key={`${separator.event.kind}-${separator.event.seq}`} className={classes.event}>
            {eventText(separator.event, user?.id, i18n)}
          </p>
        )
    }
  })
}

function eventText({ kind, at, assignee }: ThreadEvent, me: string | undefined, { t, format }: I18n): string {
  const time = format.clock(at)
  switch (kind) {
    case 'closed':
      return t('thread.closed', { time })
    case 'reopened':
      return t('thread.reopened', { time })
    case 'assigned':
      if (!assignee) return t('thread.unassigned', { time })
      return assignee.id === me ? t('thread.assignedToYou', { time }) : t('thread.assignedTo', { name: assignee.name, time })
  }
}
