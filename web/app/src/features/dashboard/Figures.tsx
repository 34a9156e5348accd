import { IconAlertCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { LoadError } from '@/components/ui/LoadError'
import { useMetrics } from '@/hooks/useAnalytics'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Figures.module.css'

/** Six figures in one strip. A changed one is swapped, never rolled; an unknown one is no number. */
export function Figures() {
  const { t } = useI18n()
  const { data, error, refetch } = useMetrics()
  if (!data && error) {
    return (
      <div className={classes.strip} data-failed>
        <LoadError title={t('error.metrics')} error={error} onRetry={refetch} />
      </div>
    )
  }
  return (
    <dl className={classes.strip} aria-label={t('dashboard.figures')} aria-busy={!data}>
      <Figure name={t('dashboard.active')} mark="metric-active" value={data?.activeConversations} />
      <Figure
        name={t('dashboard.unassigned')}
        mark="metric-unassigned"
        icon={<span className={classes.nobody} />}
        value={data?.unassignedConversations}
      />
      <Figure name={t('dashboard.closed')} mark="metric-closed" value={data?.closedConversations} />
      <Figure name={t('dashboard.messages')} mark="metric-messages" value={data?.totalMessages} />
      <Figure
        name={t('dashboard.response')}
        mark="metric-response"
        value={data && <ResponseTime seconds={data.avgResponseTimeSeconds} />}
      />
      <Figure
        name={t('dashboard.failed')}
        mark="metric-failed"
        icon={<IconAlertCircle className={data?.failedDeliveries ? classes.failed : undefined} size={16} stroke={2} />}
        value={data?.failedDeliveries}
      />
    </dl>
  )
}

interface FigureProps {
  name: string
  mark: string
  icon?: ReactNode
  value?: ReactNode
}

function Figure({ name, mark, icon, value }: FigureProps) {
  return (
    <div className={classes.figure}>
      <dt className={classes.name}>
        {icon && (
          <span className={classes.icon} aria-hidden>
            {icon}
          </span>
        )}
        {name}
      </dt>
      {value === undefined ? (
        <dd className={classes.value}>
          <span className={classes.skeleton} />
        </dd>
      ) : (
        <dd className={classes.value} data-testid={mark}>
          {value}
        </dd>
      )}
    </div>
  )
}

/** "3 min 42 s", with the units small; without replies, words. */
function ResponseTime({ seconds }: { seconds: number | null }) {
  const { t } = useI18n()
  if (seconds === null) return <span className={classes.words}>{t('dashboard.noReplies')}</span>
  const whole = Math.round(seconds)
  const parts = [
    [Math.floor(whole / 3600), t('time.h')],
    [Math.floor((whole % 3600) / 60), t('time.min')],
    [whole % 60, t('time.s')],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  // Two parts are precise enough; without any, 0 s.
  const shown = first < 0 ? parts.slice(2) : parts.slice(first, first + 2)
  return shown.map(([count, unit]) => (
    <span key={unit} className={classes.part}>
      {count}
      <span className={classes.unit}> {unit} </span>
    </span>
  ))
}
