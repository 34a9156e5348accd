import { useI18n } from '@/i18n/I18nContext'
import classes from './RowSkeletons.module.css'

const widths = [
  [58, 74], [42, 50], [66, 83], [38, 61], [52, 70], [61, 44], [47, 78], [55, 66],
] as const

interface RowSkeletonsProps {
  height: number
  lines?: 1 | 2
  rows?: number
  /** They begin at the edge, with no gutter before them. */
  flush?: boolean
}

/** Rows to come, in the exact geometry of rows; nothing shimmers. */
export function RowSkeletons({ height, lines = 2, rows = widths.length, flush }: RowSkeletonsProps) {
  const { t } = useI18n()
  return (
    <div role="status">
      <span className="sr-only">{t('app.loading')}</span>
      {widths.slice(0, rows).map(([name, preview]) => (
        <div key={name} className={classes.row} data-flush={flush} style={{ blockSize: height }} aria-hidden>
          <span className={classes.bar} style={{ inlineSize: `${name}%` }} />
          {lines === 2 && <span className={classes.bar} style={{ inlineSize: `${preview}%` }} />}
        </div>
      ))}
    </div>
  )
}
