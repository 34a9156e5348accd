import { IconAlertTriangle } from '@tabler/icons-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { Link, useLocation, useNavigate } from 'react-router'
import { ErrorBoundary } from '@/components/ErrorBoundary'
import { Empty } from '@/components/ui/Empty'
import { Late } from '@/components/ui/Late'
import { LoadError } from '@/components/ui/LoadError'
import { Loading } from '@/components/ui/Loading'
import { Note } from '@/components/ui/Note'
import { useAuth } from '@/contexts/AuthContext'
import { DetailsPanel } from '@/features/details/DetailsPanel'
import { useConversation, useSendMessage, useThread } from '@/hooks/useConversations'
import { useKeys } from '@/hooks/useKeys'
import type { Layout } from '@/hooks/useLayout'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import { loadChunk } from '@/lib/loadChunk'
import type { Conversation } from '@/lib/types'
import { listQuery, type ListAddress } from '@/lib/views'
import { noteWhereabouts } from '@/lib/whereabouts'
import { MessageList } from './MessageList'
import classes from './OpenConversation.module.css'
import { ReplyArea } from './ReplyArea'
import { BareHeader, ThreadHeader } from './ThreadHeader'
import { ThreadSkeleton } from './ThreadSkeleton'
import { useDetails } from './useDetails'
import { useThreadActions } from './useThreadActions'

const DetailsDrawer = lazy(() => loadChunk(() => import('@/features/details/DetailsDrawer')))

interface OpenConversationProps {
  id: string
  address: ListAddress
  layout: Layout
}

/** One conversation: its thread, and what is known of it. */
export function OpenConversation({ id, address, layout }: OpenConversationProps) {
  const { t } = useI18n()
  const { conversation, isLoading, error, notFound, refetch } = useConversation(id)
  const list = `/conversations${listQuery(address)}`

  if (conversation) return <Open conversation={conversation} layout={layout} list={list} />
  if (notFound) {
    return (
      <div className={classes.pane}>
        <BareHeader layout={layout} back={list} />
        <Empty title={t('thread.notFound')} action={<Link to={list}>{t('thread.toList')}</Link>}>
          {t('thread.notFoundNext')}
        </Empty>
      </div>
    )
  }
  return (
    <div className={classes.pane}>
      <BareHeader layout={layout} back={list} />
      {error && <LoadError title={t('error.conversation')} error={error} onRetry={refetch} />}
      {!error && isLoading && (
        <div className={classes.blank}>
          <Late>
            <ThreadSkeleton />
          </Late>
        </div>
      )}
    </div>
  )
}

function Open({ conversation, layout, list }: { conversation: Conversation; layout: Layout; list: string }) {
  const { t } = useI18n()
  const { user } = useAuth()
  const navigate = useNavigate()
  const thread = useThread(conversation.id)
  const sender = useSendMessage(conversation.id)
  const actions = useThreadActions(conversation)
  const box = useRef<HTMLTextAreaElement>(null)
  const [selectedId, setSelectedId] = useState<string | null>(null)
  const details = useDetails(layout)

  const mayWrite = user?.role !== 'viewer'
  useKeys({
    Escape: () => void navigate(list),
    ...(mayWrite && {
      r: () => box.current?.focus(),
      a: actions.assignToMe,
      e: actions.toggleClosed,
    }),
  })

  const { pathname } = useLocation()
  const name = contactName(conversation.contact, t)
  useEffect(() => noteWhereabouts(pathname, name), [pathname, name])

  const shown = { conversation, messages: thread.messages, selectedId, onClose: details.close }
  return (
    <>
      <section className={classes.pane} aria-label={name}>
        <ThreadHeader
          conversation={conversation}
          layout={layout}
          back={list}
          detailsShown={details.form === 'panel'}
          detailsControl={details.control}
          onShowDetails={details.open}
          onAssign={actions.assign}
          onToggleClosed={actions.toggleClosed}
        />
        {actions.fault && (
          <Note icon={IconAlertTriangle} tone="fail" urgent lead={actions.fault.text}>
            {actions.fault.newer && <Link to={actions.fault.newer}>{t('action.openNewer')}</Link>}
          </Note>
        )}
        {thread.messages.length > 0 ? (
          <MessageList
            conversation={conversation}
            thread={thread}
            me={user?.id ?? ''}
            selectedId={selectedId}
            onSelect={setSelectedId}
            onDetails={details.open}
            onRetry={mayWrite && conversation.status === 'active' ? sender.retry : undefined}
          />
        ) : (
          <NoMessages thread={thread} />
        )}
        <ReplyArea
          conversation={conversation}
          messages={thread.messages}
          sender={sender}
          phone={layout === 'phone'}
          box={box}
          onReopen={actions.reopen}
        />
      </section>
      {details.form === 'panel' && <DetailsPanel {...shown} autoFocus={details.asked} />}
      {details.form === 'drawer' && (
        <ErrorBoundary resetKey={conversation.id}>
          <Suspense fallback={<Loading floating />}>
            <DetailsDrawer {...shown} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  )
}

/** The thread's room while there is nothing in it: loading, failed, or really empty. */
function NoMessages({ thread }: { thread: ReturnType<typeof useThread> }) {
  const { t } = useI18n()
  return (
    <div className={classes.blank}>
      {thread.error && <LoadError title={t('error.thread')} error={thread.error} onRetry={() => thread.refetch()} />}
      {!thread.error && thread.isLoading && (
        <Late>
          <ThreadSkeleton />
        </Late>
      )}
      {!thread.error && !thread.isLoading && <Empty title={t('thread.noMessages')}>{t('thread.noMessagesNext')}</Empty>}
    </div>
  )
}
