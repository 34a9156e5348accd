import { useI18n } from '@/i18n/I18nContext'
import classes from './ThreadSkeleton.module.css'

const bubbles = [
  ['in', 320], ['in', 210], ['out', 380], ['in', 260], ['out', 300], ['out', 180],
] as const

/** Bubbles to come, where they will stand. */
export function ThreadSkeleton() {
  const { t } = useI18n()
  return (
    <div className={classes.thread} role="status">
      <span className="sr-only">{t('app.loading')}</span>
      {bubbles.map(([side, width]) => (
        <div key={width} className={classes.bubble} data-side={side} style={{ inlineSize: width }} aria-hidden />
      ))}
    </div>
  )
}
