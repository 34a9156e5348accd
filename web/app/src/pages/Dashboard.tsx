import { SegmentedControl } from '@mantine/core'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { ErrorBoundary } from '@/components/ErrorBoundary'
import { Header } from '@/components/layout/Header'
import { Loading } from '@/components/ui/Loading'
import { ChartFrame } from '@/features/dashboard/ChartFrame'
import { Figures } from '@/features/dashboard/Figures'
import { WaitingTable } from '@/features/dashboard/WaitingTable'
import { useAsOf } from '@/hooks/useAsOf'
import { useI18n } from '@/i18n/I18nContext'
import { loadChunk } from '@/lib/loadChunk'
import type { Period } from '@/lib/types'
import classes from './Dashboard.module.css'

const VolumeChart = lazy(() => loadChunk(() => import('@/features/dashboard/VolumeChart')))
const DeliveryChart = lazy(() => loadChunk(() => import('@/features/dashboard/DeliveryChart')))

const periods = ['24h', '7d', '30d'] as const satisfies readonly Period[]

export default function Dashboard() {
  const { t } = useI18n()
  const [period, setPeriod] = useState<Period>('24h')
  const asOf = useAsOf()
  const hourly = period === '24h'
  return (
    <div className={classes.page}>
      <Header
        title={t('dashboard.title')}
        sub={asOf ?? t('dashboard.sub')}
        actions={
          <SegmentedControl
            aria-label={t('dashboard.period')}
            data={periods.map((value) => ({ value, label: t(`dashboard.${value}`) }))}
            value={period}
            onChange={setPeriod}
          />
        }
      />
      <div className={classes.ground}>
        <Figures />
        <div className={classes.charts}>
          <Chart title={t(hourly ? 'dashboard.volumeHour' : 'dashboard.volumeDay')}>
            <VolumeChart period={period} />
          </Chart>
          <Chart title={t(hourly ? 'dashboard.deliveryHour' : 'dashboard.deliveryDay')}>
            <DeliveryChart period={period} />
          </Chart>
        </div>
        <WaitingTable />
      </div>
    </div>
  )
}

/** Its frame is there at once; a fault in it is its own. */
function Chart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <ErrorBoundary resetKey={title}>
      <Suspense fallback={<ChartFrame title={title} instead={<Loading />} />}>{children}</Suspense>
    </ErrorBoundary>
  )
}
