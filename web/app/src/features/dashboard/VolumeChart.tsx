import { Bar } from 'recharts'
import { useMessageVolume } from '@/hooks/useAnalytics'
import { useI18n } from '@/i18n/I18nContext'
import type { Period } from '@/lib/types'
import { ChartFrame, type Series } from './ChartFrame'
import { chartInstead, nothing } from './chartInstead'
import { Plot, useBucketNames, type Bucket } from './plot'
import { sum } from './sum'

/** Received beside sent. */
export default function VolumeChart({ period }: { period: Period }) {
  const { t } = useI18n()
  const answer = useMessageVolume(period)
  const { data } = answer
  const names = useBucketNames(period, data?.labels)
  const title = t(period === '24h' ? 'dashboard.volumeHour' : 'dashboard.volumeDay')
  if (!data) return <ChartFrame title={title} instead={chartInstead(answer, t)} />

  const received = sum(data.inbound)
  const sent = sum(data.outbound)
  const series: Series[] = [
    {
      name: t('dashboard.colReceived'),
      legend: t('dashboard.received', { count: received }),
      color: 'var(--ap-chart-in)',
      values: data.inbound,
    },
    {
      name: t('dashboard.colSent'),
      legend: t('dashboard.sent', { count: sent }),
      color: 'var(--ap-chart-out)',
      values: data.outbound,
    },
  ]
  const buckets = names.map<Bucket>((at, i) => ({ at, in: data.inbound[i] ?? 0, out: data.outbound[i] ?? 0 }))
  return (
    <ChartFrame
      title={title}
      series={series}
      rowNames={names}
      instead={received + sent === 0 ? nothing(t) : undefined}
    >
      <Plot data={buckets} highest={Math.max(...data.inbound, ...data.outbound)} period={period}>
        <Bar dataKey="in" name={series[0]?.name} fill="var(--ap-chart-in)" radius={[2, 2, 0, 0]} isAnimationActive={false} />
        <Bar dataKey="out" name={series[1]?.name} fill="var(--ap-chart-out)" radius={[2, 2, 0, 0]} isAnimationActive={false} />
      </Plot>
    </ChartFrame>
  )
}
