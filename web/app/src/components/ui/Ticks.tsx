import { IconAlertCircle, IconCheck, IconChecks, IconClock } from '@tabler/icons-react'
import { useI18n } from '@/i18n/I18nContext'
import type { OutboundStatus } from '@/lib/types'
import classes from './Ticks.module.css'

interface TicksProps {
  status: OutboundStatus
  /** When the step was reached, if it is known here. */
  at?: string | null
}

const icons = { queued: IconClock, sent: IconCheck, delivered: IconChecks, read: IconChecks, failed: IconAlertCircle }

/** How far an outgoing message got: a shape and, for those who can't see it, the word and the time. */
export function Ticks({ status, at }: TicksProps) {
  const { t, format } = useI18n()
  const word = t(`status.${status}`)
  const name = at ? t('status.at', { status: word, time: format.clock(at) }) : word
  const Icon = icons[status]
  return (
    <span className={classes.ticks} data-status={status} role="img" aria-label={name} title={name}>
      <Icon size={16} stroke={2} aria-hidden />
    </span>
  )
}
