import { IconAlertCircle, IconHourglassLow } from '@tabler/icons-react'
import { memo } from 'react'
import { MessageLine } from '@/components/ui/MessageLine'
import { Ticks } from '@/components/ui/Ticks'
import { UnreadBadge } from '@/components/ui/UnreadBadge'
import { typistsText } from '@/components/typistsText'
import { useOwnReply, type OwnReply } from '@/hooks/useOwnReply'
import { useTypingFor } from '@/hooks/useTyping'
import type { Translate } from '@/i18n/catalogue'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import { failureText, whyFailed } from '@/lib/failure'
import { oneLine } from '@/lib/messageText'
import { replyWindow } from '@/lib/replyWindow'
import type { Conversation, Person } from '@/lib/types'
import classes from './ConversationItem.module.css'
import { gutter } from './gutter'

interface ConversationItemProps {
  conversation: Conversation
  to: string
  selected: boolean
  /** A kept draft, shown in place of the last message. */
  draft?: string
  /** The signed-in person's id: theirs is "You". */
  me: string
  /** ms since 1970, in steps of a minute. */
  now: number
  /** Reached by Tab; the other rows by j and k. */
  tabbable: boolean
}

/**
 * One conversation as a row: what needs a person stands in the gutter, the rest
 * is words. Rows come and go by the hundred while one scrolls, so there is one
 * component to them and a second for what changes by itself; the list hears the clicks.
 */
export const ConversationItem = memo(function ConversationItem(props: ConversationItemProps) {
  const { conversation, to, selected, draft, me, now, tabbable } = props
  const { t, format } = useI18n()
  return (
    <a
      className={classes.item}
      href={to}
      data-testid="conversation-item"
      data-conversation-id={conversation.id}
      data-unread={conversation.unreadCount}
      aria-current={selected ? 'page' : undefined}
      tabIndex={tabbable ? 0 : -1}
      draggable={false}
    >
      {gutterMark(conversation, t)}
      <span className={classes.body}>
        <span className={classes.line}>
          <span className={classes.name} dir="auto">
            {contactName(conversation.contact, t)}
          </span>
          {minutesToReply(conversation, now, t)}
          <time className={classes.time} dateTime={conversation.lastActivityAt}>
            {format.listTime(conversation.lastMessage?.createdAt ?? conversation.lastActivityAt, now)}
          </time>
        </span>
        <span className={classes.line}>
          <Preview conversation={conversation} draft={draft} />
          {assigneeChip(conversation.assignee, me, t)}
        </span>
      </span>
    </a>
  )
})

function gutterMark(conversation: Conversation, t: Translate) {
  const { unreadCount } = conversation
  const mark = gutter(conversation)
  return (
    <span className={classes.gutter} data-gutter={mark}>
      {mark === 'unread' && <UnreadBadge count={unreadCount} label={t('list.unread', { count: unreadCount })} />}
      {mark === 'failed' && (
        <>
          <IconAlertCircle size={16} stroke={2} aria-hidden />
          <span className="sr-only">{t('list.replyFailed')}</span>
        </>
      )}
      {mark === 'waiting' && (
        <>
          <span className={classes.ring} />
          <span className="sr-only">{t('list.customerWaits')}</span>
        </>
      )}
    </span>
  )
}

/** Only where the last message is the customer's: else the list doesn't know when they wrote. */
function minutesToReply(conversation: Conversation, now: number, t: Translate) {
  const { lastMessage, channel, status } = conversation
  if (channel !== 'whatsapp' || status !== 'active' || lastMessage?.direction !== 'inbound') return null
  const { state, minutesLeft } = replyWindow(lastMessage.createdAt, now)
  if (state !== 'closing') return null
  return (
    <span className={classes.minutes}>
      <IconHourglassLow size={12} stroke={2} aria-hidden />
      <span aria-hidden>{t('list.minutesLeft', { count: minutesLeft })}</span>
      <span className="sr-only">{t('list.minutesLeftLong', { count: minutesLeft })}</span>
    </span>
  )
}

function Preview({ conversation, draft }: { conversation: Conversation; draft?: string }) {
  const { t } = useI18n()
  const typists = useTypingFor(conversation.id)
  const reply = useOwnReply(conversation)
  const { lastMessage } = conversation

  if (typists.length > 0) {
    return (
      <span className={classes.preview} data-tone="typing">
        {typistsText(typists, t)}
      </span>
    )
  }
  if (draft) {
    return (
      <span className={classes.preview}>
        <strong className={classes.draft}>{t('list.draft')}</strong> <bdi>{draft}</bdi>
      </span>
    )
  }
  if (reply) return <OwnReply reply={reply} />
  if (!lastMessage) return <span className={classes.preview}>{t('list.noMessages')}</span>
  if (lastMessage.status === 'failed') {
    return (
      <span className={classes.preview} data-tone="failed">
        {lastMessage.error ? failureText(lastMessage.error, t) : t('failure.short', { text: oneLine(lastMessage, t) })}
      </span>
    )
  }
  return (
    <>
      {lastMessage.status !== 'received' && <Ticks status={lastMessage.status} />}
      <span className={classes.preview} data-tone={conversation.unreadCount > 0 ? 'unread' : undefined}>
        <MessageLine message={lastMessage} />
      </span>
    </>
  )
}

/** A reply of one's own that the row doesn't know of yet. */
function OwnReply({ reply }: { reply: OwnReply }) {
  const { t } = useI18n()
  if (reply.refused) {
    return (
      <span className={classes.preview} data-tone="failed">
        {whyFailed(reply, t)}
      </span>
    )
  }
  return (
    <>
      <Ticks status="queued" />
      <span className={classes.preview}>
        <MessageLine message={reply} />
      </span>
    </>
  )
}

function assigneeChip(assignee: Person | null, me: string, t: Translate) {
  if (!assignee) {
    return (
      <>
        <span className={classes.nobody} title={t('list.unassigned')} />
        <span className="sr-only">{t('list.unassigned')}</span>
      </>
    )
  }
  const mine = assignee.id === me
  const name = mine ? t('list.you') : assignee.name
  return (
    <>
      <span className={classes.assignee} data-mine={mine} aria-hidden title={t('list.assignedTo', { name: assignee.name })}>
        {mine ? name : firstName(name)}
      </span>
      <span className="sr-only">{t('list.assignedTo', { name })}</span>
    </>
  )
}

function firstName(name: string): string {
  return name.split(/\s+/, 1)[0] ?? name
}
