import { IconArrowDown } from '@tabler/icons-react'
import { useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { Virtuoso } from 'react-virtuoso'
import { useConnection } from '@/hooks/useConnection'
import { useReadMark, type Thread } from '@/hooks/useConversations'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import type { Conversation, ThreadMessage } from '@/lib/types'
import { Bubble } from './Bubble'
import classes from './MessageList.module.css'
import { buildRows, type Row, type Separator } from './rows'
import { Separators } from './Separators'
import { useNewMarker } from './useNewMarker'
import { useStickToBottom } from './useStickToBottom'
import { useThreadEvents } from './useThreadEvents'

interface MessageListProps {
  conversation: Conversation
  thread: Thread
  me: string
  selectedId: string | null
  onSelect: (id: string) => void
  onRetry: (message: ThreadMessage) => void
  /** When failed ones were sent again, by id. */
  retried: ReadonlyMap<string, number>
}

interface ListContext extends Omit<MessageListProps, 'conversation' | 'thread'> {
  offline: boolean
  now: number
  after: Separator[]
  head: string
}

/** Far above 0, so that older pages can be put before the first row without moving the others. */
const FIRST_INDEX = 1_000_000

/** The messages: at the bottom it stays there; elsewhere nothing moves, and a pill counts what came. */
export function MessageList({ conversation, thread, ...rest }: MessageListProps) {
  const { t } = useI18n()
  const now = useNow()
  const offline = useConnection().state === 'disconnected'
  const [atBottom, setAtBottom] = useState(true)
  const { stuck, toBottom, scrollerRef, onGrowth } = useStickToBottom()
  const { messages } = thread
  const marker = useNewMarker({ messages, loaded: !thread.isLoading, unread: conversation.unreadCount, atBottom })
  const events = useThreadEvents(conversation)
  const { rows, after } = useMemo(() => buildRows(messages, events, marker), [messages, events, marker])
  const firstIndex = useFirstIndex(rows)
  const missed = useMissed(rows, stuck)

  useReadMark(conversation.id, atBottom && rows.length > 0)

  useLayoutEffect(onGrowth, [rows, onGrowth])
  const last = rows.at(-1)
  const ownKey = last?.message.pending ? last.key : undefined
  useEffect(() => {
    if (ownKey !== undefined) toBottom()
  }, [ownKey, toBottom])

  const head = thread.isFetchingOlder ? t('thread.loadingOlder') : thread.hasOlder ? '' : t('thread.start')
  const context: ListContext = { ...rest, offline, now, after, head }
  return (
    <div className={classes.frame}>
      <Virtuoso
        scrollerRef={scrollerRef}
        className={classes.scroller}
        role="log"
        aria-live="off"
        aria-label={t('thread.label', { name: conversation.contact.name })}
        data={rows}
        context={context}
        firstItemIndex={firstIndex}
        initialTopMostItemIndex={rows.length - 1}
        computeItemKey={(_, row) => row.key}
        itemContent={renderRow}
        components={parts}
        alignToBottom
        totalListHeightChanged={onGrowth}
        atBottomThreshold={32}
        atBottomStateChange={setAtBottom}
        startReached={() => thread.hasOlder && !thread.isFetchingOlder && thread.fetchOlder()}
        increaseViewportBy={{ top: 800, bottom: 400 }}
      />
      {missed > 0 && (
        <button type="button" className={classes.pill} onClick={toBottom}>
          <IconArrowDown size={16} stroke={1.75} aria-hidden />
          {t('thread.newMessages', { count: missed })}
        </button>
      )}
      <Announcer messages={messages} name={conversation.contact.name} />
    </div>
  )
}

function renderRow(_: number, row: Row, context: ListContext) {
  const { message } = row
  return (
    <div className={classes.row}>
      <Separators separators={row.before} now={context.now} />
      <Bubble
        message={message}
        startsGroup={row.startsGroup}
        endsGroup={row.endsGroup}
        mine={message.direction === 'outbound' && message.author.id === context.me}
        selected={message.id === context.selectedId}
        offline={context.offline}
        retriedAt={context.retried.get(message.id)}
        onSelect={context.onSelect}
        onRetry={context.onRetry}
      />
    </div>
  )
}

const parts = {
  Header: ({ context }: { context?: ListContext }) => <p className={classes.head}>{context?.head}</p>,
  Footer: ({ context }: { context?: ListContext }) => (
    <div className={classes.foot}>{context && <Separators separators={context.after} now={context.now} />}</div>
  ),
}

/** Counts down as older rows come before the one that was first. */
function useFirstIndex(rows: Row[]): number {
  const [anchor, setAnchor] = useState<string>()
  const first = rows[0]?.key
  if (anchor === undefined && first !== undefined) setAnchor(first)
  const place = rows.findIndex(({ key }) => key === anchor)
  return FIRST_INDEX - Math.max(place, 0)
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
