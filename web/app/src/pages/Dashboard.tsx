import { SegmentedControl } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Header } from '@/components/layout/Header'
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
          <Suspense fallback={<ChartFrame title={t(hourly ? 'dashboard.volumeHour' : 'dashboard.volumeDay')} />}>
            <VolumeChart period={period} />
          </Suspense>
          <Suspense fallback={<ChartFrame title={t(hourly ? 'dashboard.deliveryHour' : 'dashboard.deliveryDay')} />}>
            <DeliveryChart period={period} />
          </Suspense>
        </div>
        <WaitingTable />
      </div>
    </div>
  )
}
