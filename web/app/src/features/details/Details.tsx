import { useId, type ReactNode } from 'react'
import { useAuth } from '@/contexts/AuthContext'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import { assigneeName } from '@/lib/assigneeName'
import { contactName } from '@/lib/contactName'
import { whyFailed } from '@/lib/failure'
import { formatPhone } from '@/lib/phone'
import { replyWindow } from '@/lib/replyWindow'
import type { Conversation, ThreadMessage } from '@/lib/types'
import classes from './Details.module.css'
import { EarlierConversations } from './EarlierConversations'

export interface DetailsProps {
  conversation: Conversation
  messages: ThreadMessage[]
  /** The message that was last looked at; else the last of ours. */
  selectedId: string | null
}

export function Details({ conversation, messages, selectedId }: DetailsProps) {
  const { t } = useI18n()
  const selected = messages.find(({ id }) => id === selectedId) ?? messages.findLast(({ direction }) => direction === 'outbound')
  return (
    <div className={classes.details}>
      <About conversation={conversation} />
      {conversation.channel === 'whatsapp' && <Window conversation={conversation} messages={messages} />}
      <Section title={t('details.selected')}>
        {selected ? <MessageTimes message={selected} /> : <p className={classes.quiet}>{t('details.selectedNone')}</p>}
      </Section>
      <EarlierConversations conversation={conversation} />
    </div>
  )
}

export function Section({ title, children }: { title?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={classes.section} aria-labelledby={title && id}>
      {title && (
        <h3 id={id} className={classes.title}>
          {title}
        </h3>
      )}
      {children}
    </section>
  )
}

function Fact({ name, quiet = false, children }: { name: string; quiet?: boolean; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt className={classes.factName}>{name}</dt>
      <dd className={quiet ? classes.quiet : undefined}>{children}</dd>
    </div>
  )
}

function About({ conversation }: { conversation: Conversation }) {
  const { t, format } = useI18n()
  const { user } = useAuth()
  const now = useNow()
  const { contact, channel, status, assignee, createdAt, closedAt, messageCount } = conversation
  return (
    <Section>
      <dl>
        {contact.waId && (
          <Fact name={t('details.number')}>
            <bdi dir="ltr">{formatPhone(contact.waId)}</bdi>
          </Fact>
        )}
        {channel === 'webchat' && <Fact name={t('details.channel')}>{t('details.webchat')}</Fact>}
        <Fact name={t('details.status')}>{t(`details.${status}`)}</Fact>
        <Fact name={t('details.assignee')}>
          <bdi>{assigneeName(assignee, user?.id, t('details.nobody'), t)}</bdi>
        </Fact>
        <Fact name={t('details.started')}>{format.dayAndClock(createdAt, now)}</Fact>
        {closedAt && <Fact name={t('details.ended')}>{format.dayAndClock(closedAt, now)}</Fact>}
        <Fact name={t('details.messages')}>{messageCount}</Fact>
      </dl>
    </Section>
  )
}

function Window({ conversation, messages }: Pick<DetailsProps, 'conversation' | 'messages'>) {
  const { t, format } = useI18n()
  const now = useNow()
  const name = contactName(conversation.contact, t)
  const last = messages.findLast(({ direction }) => direction === 'inbound')
  if (!last) return null
  const { state, endsAt } = replyWindow(last.createdAt, now)
  return (
    <Section title={t('details.window')}>
      <p>
        {state === 'closed'
          ? t('details.windowClosed', { time: format.dayAndClock(endsAt, now), name })
          : t('details.windowOpen', { time: format.until(endsAt, now) })}
      </p>
    </Section>
  )
}

const steps = ['sent', 'delivered', 'read'] as const

/** All four times of an outgoing message; when an incoming one came. */
function MessageTimes({ message }: { message: ThreadMessage }) {
  const { t, format } = useI18n()
  const { direction, status, createdAt, attempts, error } = message
  if (direction === 'inbound') {
    return (
      <dl>
        <Fact name={t('details.received')}>{format.clockSeconds(createdAt)}</Fact>
      </dl>
    )
  }
  return (
    <dl>
      <Fact name={t('status.queued')}>{format.clockSeconds(createdAt)}</Fact>
      {steps.map((step) => {
        const at = message[`${step}At`]
        // What failed gets no further: nothing is still to come.
        if (!at && status === 'failed') return null
        return (
          <Fact key={step} name={t(`status.${step}`)} quiet={!at}>
            {at ? format.clockSeconds(at) : t('details.notYet')}
          </Fact>
        )
      })}
      {attempts > 0 && (
        <Fact name={t('details.attempts')}>
          {attempts > 1 ? t('details.attemptsMany', { count: attempts }) : attempts}
        </Fact>
      )}
      {status === 'failed' && <Fact name={t('status.failed')}>{whyFailed(message, t)}</Fact>}
      {error && <Fact name={t('details.code')}>{error.code}</Fact>}
    </dl>
  )
}
