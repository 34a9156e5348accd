import { Ticks } from '@/components/ui/Ticks'
import { useI18n } from '@/i18n/I18nContext'
import classes from './TickLegend.module.css'

const steps = ['queued', 'sent', 'delivered', 'read', 'failed'] as const

/** What a newcomer has to know of this page, said while there is time to read it. */
export function TickLegend() {
  const { t } = useI18n()
  return (
    <section className={classes.legend}>
      <h2 className={classes.title}>{t('login.ticks')}</h2>
      <dl>
        {steps.map((step) => (
          <div key={step} className={classes.row}>
            <dt className={classes.word}>
              <span className={classes.tick} aria-hidden>
                <Ticks status={step} />
              </span>
              {t(`status.${step}`)}
            </dt>
            <dd className={classes.meaning}>{t(`login.${step}`)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
