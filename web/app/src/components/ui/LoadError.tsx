import { Button } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useI18n } from '@/i18n/I18nContext'
import type { ApiError } from '@/lib/api'
import { describeError } from '@/lib/describeError'
import { Countdown } from './Countdown'
import classes from './States.module.css'

interface LoadErrorProps {
  /** What failed. */
  title: string
  /** `retryAt` tells when it is tried again by itself. */
  error: ApiError
  onRetry?: () => void
}

/** What failed, why if known, when it is tried again, and a way to try now. */
export function LoadError({ title, error, onRetry }: LoadErrorProps) {
  const { t } = useI18n()
  return (
    <div className={classes.state} role="alert">
      <p className={classes.title}>{title}</p>
      <p className={classes.text}>
        {describeError(error, t)} {error.retryAt !== undefined && <Countdown to={error.retryAt} />}
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
