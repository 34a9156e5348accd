import { Bar, type BarShapeProps } from 'recharts'
import { useDeliveryStats } from '@/hooks/useAnalytics'
import { useI18n } from '@/i18n/I18nContext'
import type { Period } from '@/lib/types'
import { ChartFrame, type Series } from './ChartFrame'
import { chartInstead, nothing } from './chartInstead'
import { Plot, useBucketNames, type Bucket } from './plot'
import { sum } from './sum'

/** Delivered with failed on top; a failure can always be seen, and has its number. */
export default function DeliveryChart({ period }: { period: Period }) {
  const { t, format } = useI18n()
  const answer = useDeliveryStats(period)
  const { data } = answer
  const names = useBucketNames(period, data?.labels)
  const title = t(period === '24h' ? 'dashboard.deliveryHour' : 'dashboard.deliveryDay')
  if (!data) return <ChartFrame title={title} instead={chartInstead(answer, t)} />

  const delivered = sum(data.delivered)
  const failed = sum(data.failed)
  // Rounded down, so that 100 means that nothing failed.
  const share = failed === 0 ? format.number(100) : format.number(Math.floor((delivered / (delivered + failed)) * 1000) / 10, 1)
  const series: Series[] = [
    {
      name: t('dashboard.colDelivered'),
      legend:
        delivered + failed > 0
          ? t('dashboard.deliveredShare', { count: delivered, share })
          : t('dashboard.delivered', { count: delivered }),
      color: 'var(--ap-chart-out)',
      values: data.delivered,
    },
    {
      name: t('dashboard.colFailed'),
      legend: t('dashboard.failedCount', { count: failed }),
      color: 'var(--ap-fail)',
      values: data.failed,
    },
  ]
  const buckets = names.map<Bucket>((at, i) => ({ at, delivered: data.delivered[i] ?? 0, failed: data.failed[i] ?? 0 }))
  return (
    <ChartFrame
      title={title}
      series={series}
      rowNames={names}
      instead={delivered + failed === 0 ? nothing(t) : undefined}
    >
      <Plot data={buckets} highest={Math.max(...data.delivered.map((count, i) => count + (data.failed[i] ?? 0)))} period={period}>
        <Bar
          dataKey="delivered"
          name={series[0]?.name}
          stackId="all"
          fill="var(--ap-chart-out)"
          radius={[2, 2, 0, 0]}
          isAnimationActive={false}
        />
        <Bar
          dataKey="failed"
          name={series[1]?.name}
          stackId="all"
          fill="var(--ap-fail)"
          shape={Failure}
          isAnimationActive={false}
        />
      </Plot>
    </ChartFrame>
  )
}

const MIN_HEIGHT = 4
const GAP = 2

/** At least 4 px high, a gap below it, its number above it. */
function Failure({ x, y, width, height, value }: BarShapeProps) {
  const count = Array.isArray(value) ? value[1] - value[0] : value
  if (count <= 0) return <g />
  const tall = Math.max(MIN_HEIGHT, height - GAP)
  const top = y + height - GAP - tall
  return (
    <g>
      <rect x={x} y={top} width={width} height={tall} rx={1} fill="var(--ap-fail)" />
      <text x={x + width / 2} y={top - 5} fill="var(--ap-fail)" textAnchor="middle" fontSize={12} fontWeight={600}>
        {count}
      </text>
    </g>
  )
}
