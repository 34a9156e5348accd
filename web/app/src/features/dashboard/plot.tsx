/** What both charts share: axes from 0, hairlines, hours in UTC; time runs as the page is read. */
import type { ReactNode } from 'react'
import { BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { useI18n } from '@/i18n/I18nContext'
import { languages } from '@/i18n/languages'
import type { Period } from '@/lib/types'
import classes from './plot.module.css'
import { roundTicks } from './roundTicks'

export type Bucket = { at: string } & Record<string, string | number>

/** The buckets' names: the hour, or the day, in UTC. */
export function useBucketNames(period: Period, labels: string[] = []): string[] {
  const { language } = useI18n()
  const options: Intl.DateTimeFormatOptions =
    period === '24h' ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { day: 'numeric', month: 'short' }
  const format = new Intl.DateTimeFormat(languages[language].locale, { ...options, timeZone: 'UTC' })
  return labels.map((label) => format.format(new Date(label)))
}

interface PlotProps {
  data: Bucket[]
  /** The highest bar. */
  highest: number
  period: Period
  children: ReactNode
}

const tick = { fill: 'var(--ap-ink-3)', fontSize: 12 }

export function Plot({ data, highest, period, children }: PlotProps) {
  const { dir } = useI18n()
  const ticks = roundTicks(highest)
  const rtl = dir === 'rtl'
  const every = { '24h': 2, '7d': 0, '30d': 4 }[period]
  return (
    <ResponsiveContainer>
      <BarChart data={data} margin={{ top: 20, right: rtl ? -12 : 16, bottom: 4, left: rtl ? 16 : -12 }} barGap={1} barCategoryGap="18%" accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--ap-line)" />
        <XAxis
          dataKey="at"
          reversed={rtl}
          tickFormatter={(name: string) => (period === '24h' ? name.slice(0, 2) : name)}
          interval={every}
          tick={tick}
          tickLine={false}
          axisLine={{ stroke: 'var(--ap-line)' }}
        />
        <YAxis orientation={rtl ? 'right' : 'left'} domain={[0, ticks.at(-1) ?? 3]} ticks={ticks} tick={tick} tickLine={false} axisLine={false} />
        <Tooltip
          cursor={{ fill: 'var(--ap-hover)' }}
          isAnimationActive={false}
          wrapperClassName={classes.tooltip}
          labelClassName={classes.tooltipLabel}
        />
        {children}
      </BarChart>
    </ResponsiveContainer>
  )
}
