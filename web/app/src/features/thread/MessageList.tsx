import { IconArrowDown } from '@tabler/icons-react'
import { useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { PagingError } from '@/components/ui/PagingError'
import { useReadMark, type Thread } from '@/hooks/useConversations'
import { useNow } from '@/hooks/useNow'
import { useOffline } from '@/hooks/useOffline'
import { useRetries } from '@/hooks/useRetries'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import type { Conversation, ThreadMessage } from '@/lib/types'
import { Bubble } from './Bubble'
import classes from './MessageList.module.css'
import { buildRows, type Row } from './rows'
import { Separators } from './Separators'
import { useMessageKeys } from './useMessageKeys'
import { useNewMarker } from './useNewMarker'
import { useShownRows } from './useShownRows'
import { useThreadEvents } from './useThreadEvents'
import { useThreadScroll } from './useThreadScroll'

interface MessageListProps {
  conversation: Conversation
  thread: Thread
  me: string
  selectedId: string | null
  onSelect: (id: string) => void
  onDetails: () => void
  /** Absent where one may not send. */
  onRetry?: (message: ThreadMessage) => void
}

/** So many messages are too many to hold. */
const LONG = 1000

/** The messages: at the bottom it stays there; elsewhere nothing moves, and a pill counts what came. */
export function MessageList({ conversation, thread, me, selectedId, onSelect, onDetails, onRetry }: MessageListProps) {
  const { t } = useI18n()
  const now = useNow()
  const retried = useRetries()
  const offline = useOffline()
  const { messages } = thread
  const { scroller, content, stuck, nearTop, settle, toBottom } = useThreadScroll()
  const marker = useNewMarker({ messages, loaded: !thread.isLoading, unread: conversation.unreadCount, atBottom: stuck })
  const events = useThreadEvents(conversation)
  const { rows, after } = useMemo(() => buildRows(messages, events, marker), [messages, events, marker])
  const { shown, hidden, reveal } = useShownRows(rows, stuck)
  const missed = useMissed(rows, stuck)

  // Before anything is painted.
  useLayoutEffect(settle, [shown, settle])
  useReadMark(conversation.id, stuck && rows.length > 0)
  useShortThread(thread, stuck)
  useEarlierRows({ thread, nearTop, hidden, reveal, stuck, shown })

  const onKeyDown = useMessageKeys(onDetails)
  const tabbable = (shown.find(({ message }) => message.id === selectedId) ?? shown.at(-1))?.key

  const last = rows.at(-1)
  const ownKey = last?.message.pending ? last.key : undefined
  useEffect(() => {
    if (ownKey !== undefined) toBottom()
  }, [ownKey, toBottom])

  return (
    <div className={classes.frame}>
      <div
        ref={scroller}
        className={classes.scroller}
        role="log"
        aria-live="off"
        aria-label={t('thread.label', { name: contactName(conversation.contact, t) })}
        tabIndex={0}
      >
        <div className={classes.head}>{hidden === 0 && <Head thread={thread} />}</div>
        <div ref={content} className={classes.content} onKeyDown={onKeyDown}>
          {shown.map(({ key, message, before, startsGroup, endsGroup }) => (
            <div key={key} className={classes.row}>
              <Separators separators={before} now={now} />
              <Bubble
                message={message}
                startsGroup={startsGroup}
                endsGroup={endsGroup}
                mine={message.direction === 'outbound' && message.author.id === me}
                selected={message.id === selectedId}
                offline={offline}
                retriedAt={retried[message.id]}
                tabbable={key === tabbable}
                onSelect={onSelect}
                onDetails={onDetails}
                onRetry={onRetry}
              />
            </div>
          ))}
          <div className={classes.foot}>
            <Separators separators={after} now={now} />
          </div>
        </div>
      </div>
      {missed > 0 && (
        <button type="button" className={classes.pill} onClick={toBottom}>
          <IconArrowDown size={16} stroke={1.75} aria-hidden />
          {t('thread.newMessages', { count: missed })}
        </button>
      )}
      <Announcer messages={messages} name={contactName(conversation.contact, t)} />
    </div>
  )
}

/** What stands above the first message: that more come, why they don't, or that there are none. */
function Head({ thread }: { thread: Thread }) {
  const { t } = useI18n()
  const { isFetchingOlder, olderError, hasOlder, fetchOlder } = thread
  if (olderError && !isFetchingOlder) {
    return <PagingError title={t('error.older')} error={olderError} onRetry={fetchOlder} />
  }
  if (isFetchingOlder) return t('thread.loadingOlder')
  return hasOlder ? '' : t('thread.start')
}

interface EarlierRows {
  thread: Thread
  nearTop: boolean
  stuck: boolean
  hidden: number
  reveal: () => void
  shown: Row[]
}

/** Before one comes to the top there is more of it: from what is loaded, then from the server. */
function useEarlierRows({ thread, nearTop, stuck, hidden, reveal, shown }: EarlierRows): void {
  const { hasOlder, isFetchingOlder, olderError, fetchOlder } = thread
  useEffect(() => {
    if (!nearTop) return
    if (hidden > 0) {
      if (!stuck) reveal()
    } else if (hasOlder && !isFetchingOlder && !olderError) fetchOlder()
    // Each further row asks again: what came may still not reach the top.
    // eslint-disable-next-line react-hooks/exhaustive-deps -- reveal is another with every row
  }, [nearTop, stuck, hidden, shown.length, hasOlder, isFetchingOlder, olderError, fetchOlder])
}

/** A thread that grows all day doesn't keep all of it: who reads at its end needs the end. */
function useShortThread({ messages, shorten }: Thread, stuck: boolean): void {
  const long = stuck && messages.length > LONG
  useEffect(() => {
    if (long) shorten()
  }, [long, shorten])
}

/** How many messages came since one left the bottom. */
function useMissed(rows: Row[], stuck: boolean): number {
  const last = rows.at(-1)?.key
  const [seen, setSeen] = useState(last)
  if (stuck && seen !== last) setSeen(last)
  if (stuck || seen === undefined) return 0
  const place = rows.findIndex(({ key }) => key === seen)
  return place < 0 ? 0 : rows.length - 1 - place
}

/** Reads out what the customer writes while the thread is open. */
function Announcer({ messages, name }: { messages: ThreadMessage[]; name: string }) {
  const { t } = useI18n()
  const last = messages.findLast(({ direction }) => direction === 'inbound')
  const [initial] = useState(last?.id)
  const text = last && last.id !== initial ? t('thread.newMessageFrom', { name, text: last.text }) : ''
  return (
    <p className="sr-only" aria-live="polite">
      {text}
    </p>
  )
}
