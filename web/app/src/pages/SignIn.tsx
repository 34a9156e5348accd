import { useEffect, useState } from 'react'
import { useLocation } from 'react-router'
import { Logo } from '@/components/Logo'
import { useAuth } from '@/contexts/AuthContext'
import { LanguageChoice } from '@/features/signin/LanguageChoice'
import { ServiceState } from '@/features/signin/ServiceState'
import { SignInForm } from '@/features/signin/SignInForm'
import { TickLegend } from '@/features/signin/TickLegend'
import { useI18n } from '@/i18n/I18nContext'
import type { TextKey } from '@/i18n/catalogue'
import classes from './SignIn.module.css'

export default function SignIn() {
  const { t } = useI18n()
  const { signedOutReason } = useAuth()
  const state = useLocation().state as { from?: string; name?: string } | null
  const [doubt, setDoubt] = useState(0)
  const signedOut = signedOutReason !== undefined && signedOutReason !== 'chosen'

  useEffect(() => {
    document.title = t('app.title', { page: t('login.page') })
  }, [t])

  return (
    <div className={classes.page}>
      <main className={classes.side}>
        <p className={classes.brand}>
          <Logo />
          {t('app.name')}
        </p>
        <div className={classes.form}>
          <h1 className={classes.title}>{t('login.title')}</h1>
          <p className={classes.sub}>{signedOut && state?.name ? t('login.signedOutFrom', { name: state.name }) : t(subtitle(state?.from, signedOut))}</p>
          <SignInForm onUnanswered={() => setDoubt((times) => times + 1)} />
        </div>
        <div className={classes.foot}>
          <ServiceState doubt={doubt} />
          <LanguageChoice />
        </div>
      </main>
      <aside className={classes.legend}>
        <TickLegend />
      </aside>
    </div>
  )
}

function subtitle(from: string | undefined, signedOut: boolean) {
  if (signedOut) return 'login.signedOut' satisfies TextKey
  if (from?.startsWith('/conversations/')) return 'login.goOnConversation' satisfies TextKey
  return from && from !== '/' ? ('login.goOn' satisfies TextKey) : ('login.welcome' satisfies TextKey)
}
