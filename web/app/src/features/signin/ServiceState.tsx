import { useEffect, useState } from 'react'
import { ConnectionMark } from '@/components/ConnectionMark'
import { useI18n } from '@/i18n/I18nContext'
import classes from './ServiceState.module.css'

type Service = 'checking' | 'up' | 'down'

const marks = { checking: 'reconnecting', up: 'connected', down: 'disconnected' } as const
const words = {
  checking: 'login.serviceChecking',
  up: 'login.serviceUp',
  down: 'login.serviceDown',
} as const

interface ServiceStateProps {
  /** Another number asks at once: something went unanswered. */
  doubt: number
}

/** Tells before one tries whether the service answers; asked every 10 s while the page shows. */
export function ServiceState({ doubt }: ServiceStateProps) {
  const { t } = useI18n()
  const service = useService(doubt)
  return (
    <p className={classes.state} role="status">
      <ConnectionMark state={marks[service]} />
      {t(words[service])}
    </p>
  )
}

function useService(doubt: number): Service {
  const [service, setService] = useState<Service>('checking')
  useEffect(() => {
    const stop = new AbortController()
    const ask = async () => {
      if (document.visibilityState === 'hidden') return
      const up = await fetch('/readyz', { signal: stop.signal, cache: 'no-store' }).then(
        (answer) => answer.ok,
        () => false,
      )
      if (!stop.signal.aborted) setService(up ? 'up' : 'down')
    }
    void ask()
    const timer = setInterval(() => void ask(), 10_000)
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [doubt])
  return service
}
