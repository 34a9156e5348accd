import { Button } from '@mantine/core'
import { useId, useState, type ReactNode } from 'react'
import { useI18n } from '@/i18n/I18nContext'
import classes from './ChartFrame.module.css'

export interface Series {
  name: string
  /** The name with its total, as the legend says it. */
  legend: string
  color: string
  values: number[]
}

interface ChartFrameProps {
  title: string
  series?: Series[]
  /** One for each value. */
  rowNames?: string[]
  /** In place of the chart: loading, failed, empty. */
  instead?: ReactNode
  children?: ReactNode
}

/** A chart's card: what it shows, totals in the legend, and the same as a table. */
export function ChartFrame({ title, series, rowNames = [], instead, children }: ChartFrameProps) {
  const { t } = useI18n()
  const id = useId()
  const [asTable, setAsTable] = useState(false)
  return (
    <section className={classes.card} aria-labelledby={id}>
      <div className={classes.bar}>
        <h2 id={id} className={classes.title}>
          {title}
        </h2>
        <ul className={classes.legend}>
          {series?.map(({ name, legend, color }) => (
            <li key={name} className={classes.entry}>
              <span className={classes.swatch} style={{ background: color }} aria-hidden />
              {legend}
            </li>
          ))}
        </ul>
      </div>
      <div className={classes.plot}>
        {instead}
        {!instead && asTable && series && <SeriesTable series={series} rowNames={rowNames} />}
        {!instead && !asTable && (
          <div role="img" aria-labelledby={id} className={classes.chart} dir="ltr">
            {children}
          </div>
        )}
      </div>
      <div className={classes.foot}>
        {series && !instead && (
          <Button variant="subtle" size="xs" onClick={() => setAsTable(!asTable)}>
            {t(asTable ? 'dashboard.asChart' : 'dashboard.asTable')}
          </Button>
        )}
      </div>
    </section>
  )
}

function SeriesTable({ series, rowNames }: { series: Series[]; rowNames: string[] }) {
  const { t } = useI18n()
  return (
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={t('dashboard.asTable')}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('dashboard.time')}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowNames.map((rowName, at) => (
            <tr key={rowName}>
              <th scope="row">{rowName}</th>
              {series.map(({ name, values }) => (
                <td key={name}>{values[at]}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
