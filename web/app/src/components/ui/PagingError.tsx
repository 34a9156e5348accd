import { useI18n } from '@/i18n/I18nContext'
import type { ApiError } from '@/lib/api'
import { describeError } from '@/lib/describeError'
import { Countdown } from './Countdown'
import classes from './PagingError.module.css'

interface PagingErrorProps {
  /** What failed. */
  title: string
  error: ApiError
  onRetry: () => void
}

/** The same as LoadError on one line, for a further page of what is shown already. */
export function PagingError({ title, error, onRetry }: PagingErrorProps) {
  const { t } = useI18n()
  return (
    <span role="alert">
      {title}. {describeError(error, t)} {error.retryAt !== undefined && <Countdown to={error.retryAt} />}{' '}
      <button type="button" className={classes.retry} onClick={onRetry}>
        {t('error.tryNow')}
      </button>
    </span>
  )
}
