import { Empty } from '@/components/ui/Empty'
import { LoadError } from '@/components/ui/LoadError'
import type { Translate } from '@/i18n/catalogue'
import type { ApiError } from '@/lib/api'

/** What stands in a chart's place: nothing yet, why not, or that there is nothing. */
export function chartInstead(error: ApiError | null, loading: boolean, t: Translate) {
  if (error) return <LoadError title={t('error.chart')} error={error} />
  if (loading) return <span className="sr-only">{t('app.loading')}</span>
  return <Empty title={t('dashboard.noTraffic')}>{t('dashboard.noTrafficNext')}</Empty>
}
