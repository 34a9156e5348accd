import { Empty } from '@/components/ui/Empty'
import { Late } from '@/components/ui/Late'
import { LoadError } from '@/components/ui/LoadError'
import type { Answer } from '@/hooks/answer'
import type { Translate } from '@/i18n/catalogue'
import classes from './ChartFrame.module.css'

/** What stands in a chart's place while there is none: that it comes, or why it doesn't. */
export function chartInstead({ error, isLoading, refetch }: Omit<Answer<unknown>, 'data'>, t: Translate) {
  if (error) return <LoadError title={t('error.chart')} error={error} onRetry={refetch} />
  if (isLoading) {
    return (
      <Late>
        <div className={classes.blank} role="status">
          <span className="sr-only">{t('app.loading')}</span>
        </div>
      </Late>
    )
  }
  return undefined
}

export function nothing(t: Translate) {
  return <Empty title={t('dashboard.noTraffic')}>{t('dashboard.noTrafficNext')}</Empty>
}
