import { Late } from '@/components/ui/Late'
import { useAuth } from '@/contexts/AuthContext'
import { useNow } from '@/hooks/useNow'
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

function Countdown({ to }: { to: number }) {
  const { t } = useI18n()
  const now = useNow(1000)
  return <span aria-hidden>{t('error.retryIn', { seconds: Math.max(0, Math.ceil((to - now) / 1000)) })}</span>
}
