import { Button } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import type { ApiError } from '@/lib/api'
import { describeError } from '@/lib/describeError'
import classes from './States.module.css'

interface LoadErrorProps {
  /** What failed. */
  title: string
  error: ApiError
  /** When it is tried again by itself, ms since 1970. */
  retryAt?: number
  onRetry?: () => void
}

/** What failed, why if known, when it is tried again, and a way to try now. */
export function LoadError({ title, error, retryAt, onRetry }: LoadErrorProps) {
  const { t } = useI18n()
  return (
    <div className={classes.state} role="alert">
      <p className={classes.title}>{title}</p>
      <p className={classes.text}>
        {describeError(error, t)} {retryAt !== undefined && <Countdown to={retryAt} />}
      </p>
      {onRetry && (
        <div className={classes.action}>
          <Button variant="default" leftSection={<IconRefresh size={16} stroke={1.75} aria-hidden />} onClick={onRetry}>
            {t('error.tryNow')}
          </Button>
        </div>
      )}
    </div>
  )
}

/** The ticking seconds are for the eye; announced each second they would drown the rest. */
function Countdown({ to }: { to: number }) {
  const { t } = useI18n()
  const now = useNow(1000)
  const seconds = Math.max(0, Math.ceil((to - now) / 1000))
  return <span aria-hidden>{t('error.retryIn', { seconds })}</span>
}
