import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'

/** The ticking seconds are for the eye; announced each second they would drown the rest. */
export function Countdown({ to }: { to: number }) {
  const { t } = useI18n()
  const now = useNow(1000)
  return <span aria-hidden>{t('error.retryIn', { seconds: Math.max(0, Math.ceil((to - now) / 1000)) })}</span>
}
