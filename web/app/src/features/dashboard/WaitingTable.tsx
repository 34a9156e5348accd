import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { Empty } from '@/components/ui/Empty'
import { Late } from '@/components/ui/Late'
import { LoadError } from '@/components/ui/LoadError'
import { MessageLine } from '@/components/ui/MessageLine'
import { RowSkeletons } from '@/components/ui/RowSkeletons'
import { UnreadBadge } from '@/components/ui/UnreadBadge'
import { useAuth } from '@/contexts/AuthContext'
import { useAction } from '@/hooks/useAction'
import { useMetrics } from '@/hooks/useAnalytics'
import { useConversationActions, useConversationList } from '@/hooks/useConversations'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import { describeError } from '@/lib/describeError'
import type { Conversation } from '@/lib/types'
import { conversationPath, listQuery, type ListAddress } from '@/lib/views'
import classes from './WaitingTable.module.css'

const SHOWN = 10
/** A row's height, in px. */
const ROW = 38
const unassigned: ListAddress = { view: 'unassigned', sort: 'createdAt', search: '' }

/** What nobody has taken yet, newest first. */
export function WaitingTable() {
  const { t } = useI18n()
  const { user } = useAuth()
  const { data } = useMetrics()
  const list = useConversationList({ status: 'active', assignee: 'unassigned', sort: 'createdAt' })
  const now = useNow()
  const rows = list.conversations.slice(0, SHOWN)
  const mayTake = user !== null && user.role !== 'viewer'
  return (
    <section className={classes.card} aria-labelledby="waiting-title">
      <div className={classes.bar}>
        <h2 id="waiting-title" className={classes.title}>
          {t('dashboard.waiting')}
        </h2>
        {data && <span className={classes.count}>{data.unassignedConversations}</span>}
        <Link className={classes.all} to={`/conversations${listQuery(unassigned)}`}>
          {t('dashboard.allUnassigned')}
        </Link>
      </div>
      {rows.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('dashboard.customer')}</th>
              <th scope="col">{t('dashboard.lastMessage')}</th>
              <th scope="col">{t('dashboard.unread')}</th>
              <th scope="col">{t('dashboard.waitingFor')}</th>
              {mayTake && (
                <th scope="col">
                  <span className="sr-only">{t('dashboard.action')}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((conversation) => (
              <WaitingRow key={conversation.id} conversation={conversation} now={now} me={mayTake ? user.id : null} />
            ))}
          </tbody>
        </table>
      )}
      {rows.length === 0 && list.error && (
        <LoadError title={t('error.list')} error={list.error} onRetry={list.refetch} />
      )}
      {rows.length === 0 && !list.error && list.isLoading && (
        <Late>
          <RowSkeletons height={ROW} lines={1} />
        </Late>
      )}
      {rows.length === 0 && !list.error && !list.isLoading && (
        <Empty title={t('dashboard.nobodyWaits')}>{t('dashboard.nobodyWaitsNext')}</Empty>
      )}
    </section>
  )
}

interface WaitingRowProps {
  conversation: Conversation
  now: number
  /** Whom it is assigned to; null where one may not. */
  me: string | null
}

function WaitingRow({ conversation, now, me }: WaitingRowProps) {
  const { t, format } = useI18n()
  const { id, contact, lastMessage, unreadCount, createdAt } = conversation
  return (
    <tr>
      <th scope="row" className={classes.customer}>
        <Link to={conversationPath(id, unassigned)} dir="auto">
          {contactName(contact, t)}
        </Link>
      </th>
      <td className={classes.message}>
        {lastMessage && <MessageLine message={lastMessage} />}
      </td>
      <td className={classes.unread}>
        {unreadCount > 0 ? (
          <UnreadBadge count={unreadCount} label={t('list.unread', { count: unreadCount })} />
        ) : (
          <span className={classes.quiet}>{t('dashboard.read')}</span>
        )}
      </td>
      <td className={classes.waiting}>{format.span(now - Date.parse(createdAt))}</td>
      {me !== null && (
        <td className={classes.action}>
          <Take conversation={conversation} me={me} />
        </td>
      )}
    </tr>
  )
}

function Take({ conversation: { id, contact }, me }: { conversation: Conversation; me: string }) {
  const { t } = useI18n()
  const { assign } = useConversationActions(id)
  const { run, error } = useAction()
  return (
    <>
      <Button variant="default" size="xs" aria-label={t('dashboard.assignMeName', { name: contactName(contact, t) })} onClick={() => void run(() => assign(me))}>
        {t('dashboard.assignMe')}
      </Button>
      {error && (
        <p className={classes.fault} role="alert">
          {describeError(error, t)}
        </p>
      )}
    </>
  )
}
