import { Countdown } from '@/components/ui/Countdown'
import { Late } from '@/components/ui/Late'
import { useAuth } from '@/contexts/AuthContext'
import { useI18n } from '@/i18n/I18nContext'
import { Logo } from './Logo'
import classes from './Starting.module.css'

/** While the session is restored: nothing, then words, then when it is tried again. */
export function Starting() {
  const { t } = useI18n()
  const { retryAt } = useAuth()
  return (
    <Late>
      <main className={classes.page}>
        <p className={classes.brand}>
          <Logo />
          {t('app.name')}
        </p>
        <p className={classes.words} role="status">
          {retryAt === undefined ? t('app.loading') : t('error.noServer')} {retryAt !== undefined && <Countdown to={retryAt} />}
        </p>
      </main>
    </Late>
  )
}
