import { Component, type ErrorInfo, type ReactNode } from 'react'
import { useI18n } from '@/i18n/I18nContext'
import classes from './ErrorBoundary.module.css'
import { Empty } from './ui/Empty'

interface ErrorBoundaryProps {
  /** Another key is another try: a fault of one page doesn't outlive the page. */
  resetKey: string
  children: ReactNode
}

interface ErrorBoundaryState {
  failedAt: string | null
}

/** Keeps a fault of one page from taking the frame, and what is being written, with it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { failedAt: null }

  static getDerivedStateFromError(): ErrorBoundaryState {
    return { failedAt: '' }
  }

  static getDerivedStateFromProps({ resetKey }: ErrorBoundaryProps, { failedAt }: ErrorBoundaryState) {
    if (failedAt === '') return { failedAt: resetKey }
    return failedAt !== null && failedAt !== resetKey ? { failedAt: null } : null
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('page failed', error, info.componentStack)
  }

  override render() {
    return this.state.failedAt === null ? this.props.children : <Failed />
  }
}

function Failed() {
  const { t } = useI18n()
  return (
    <div role="alert">
      <Empty
        title={t('error.page')}
        action={
          <button type="button" className={classes.reload} onClick={() => window.location.reload()}>
            {t('error.reload')}
          </button>
        }
      >
        {t('error.pageNext')}
      </Empty>
    </div>
  )
}
