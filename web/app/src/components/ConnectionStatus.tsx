import { Button, Tooltip } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useConnection, type Connection } from '@/hooks/useConnection'
import { useNow } from '@/hooks/useNow'
import { useI18n, type I18n } from '@/i18n/I18nContext'
import { ConnectionMark } from './ConnectionMark'
import classes from './ConnectionStatus.module.css'
import { useCalm } from './useCalm'

interface ConnectionStatusProps {
  /** `line`: mark, word and figure. `mark`: the mark alone, the words in its tooltip. */
  form?: 'line' | 'mark'
}

/**
 * Whether what stands on the page is what the log says. Green only when in
 * sync. Changes of state are announced, at most one in 5 s; seconds and
 * milliseconds are for the eye only.
 */
export function ConnectionStatus({ form = 'line' }: ConnectionStatusProps) {
  const connection = useConnection()
  const i18n = useI18n()
  const word = stateWord(connection, i18n)
  const announced = useCalm(i18n.t(`connection.${connection.state}`), 5000)

  return (
    <div className={classes.status} data-testid="connection-status" data-state={connection.state} data-form={form}>
      <span className="sr-only" role="status">
        {announced}
      </span>
      <Tooltip label={explain(connection, i18n)} events={{ hover: true, focus: true, touch: true }}>
        <span className={classes.what} tabIndex={0} role="group" aria-label={word}>
          <ConnectionMark state={connection.state} />
          {form === 'line' && (
            <span aria-hidden>{word}</span>
          )}
        </span>
      </Tooltip>
      {form === 'line' && <Figure connection={connection} />}
      {connection.state === 'disconnected' && <Reconnect form={form} onClick={connection.reconnect} />}
    </div>
  )
}

function stateWord({ state, remaining }: Connection, { t }: I18n): string {
  if (state === 'reconnecting' && remaining) return t('connection.catchingUp', { count: remaining })
  return t(`connection.${state}`)
}

function explain({ state, since, latencyMs }: Connection, { t, format }: I18n): string {
  if (state !== 'connected') {
    return [t('connection.noneSince', { time: format.clock(since) }), t('connection.kept')].join('\n')
  }
  const inSync = t('connection.inSyncSince', { time: format.clock(since) })
  return latencyMs === null ? inSync : [inSync, t('connection.answerTime', { ms: latencyMs })].join('\n')
}

/** The answer time while connected, the seconds while not. */
function Figure({ connection }: { connection: Connection }) {
  const { state, latencyMs, remaining } = connection
  const { t } = useI18n()
  if (state === 'connected' && latencyMs !== null) {
    return (
      <span className={classes.figure} aria-hidden>
        {t('connection.latency', { ms: latencyMs })}
      </span>
    )
  }
  return state === 'reconnecting' && !remaining ? <Seconds since={connection.since} /> : null
}

function Seconds({ since }: { since: number }) {
  const { t } = useI18n()
  const now = useNow(1000)
  const seconds = Math.floor((now - since) / 1000)
  if (seconds < 1) return null
  return (
    <span className={classes.figure} aria-hidden>
      {t('connection.seconds', { count: seconds })}
    </span>
  )
}

function Reconnect({ form, onClick }: { form: 'line' | 'mark'; onClick: () => void }) {
  const { t } = useI18n()
  return (
    <Button variant="default" size="xs" className={classes.reconnect} onClick={onClick}>
      <IconRefresh size={16} stroke={1.75} aria-hidden />
      <span className={form === 'line' ? classes.reconnectWord : 'sr-only'}>{t('connection.reconnect')}</span>
    </Button>
  )
}
