import { Button } from '@mantine/core'
import { IconArchive, IconEye } from '@tabler/icons-react'
import type { RefObject } from 'react'
import { Note } from '@/components/ui/Note'
import { useAuth } from '@/contexts/AuthContext'
import { useDraft, type SendMessage } from '@/hooks/useConversations'
import { useNow } from '@/hooks/useNow'
import { useOffline } from '@/hooks/useOffline'
import { useTyping } from '@/hooks/useTyping'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import type { Conversation, ThreadMessage } from '@/lib/types'
import { Composer } from './Composer'
import { ComposerNote } from './ComposerNote'
import classes from './ReplyArea.module.css'
import { TypingLine } from './TypingLine'

interface ReplyAreaProps {
  conversation: Conversation
  messages: ThreadMessage[]
  sender: SendMessage
  phone: boolean
  box: RefObject<HTMLTextAreaElement | null>
  onReopen: () => void
}

/** Below the messages: who types, and the box, or why there is none. */
export function ReplyArea({ conversation, messages, sender, phone, box, onReopen }: ReplyAreaProps) {
  const { user } = useAuth()
  const now = useNow()
  const typing = useTyping(conversation.id)
  const draft = useDraft(conversation.id)
  const offline = useOffline()
  const { t } = useI18n()
  const name = contactName(conversation.contact, t)

  const keepDraft = () => {
    draft[1](sender.keepAsDraft())
    box.current?.focus()
  }
  const isViewer = user?.role === 'viewer'
  const isClosed = conversation.status === 'closed' && !sender.stale
  return (
    <>
      <TypingLine typists={typing.typists} />
      {isViewer && <ViewerNote />}
      {!isViewer && isClosed && <ClosedNote conversation={conversation} draft={draft[0]} now={now} onReopen={onReopen} />}
      {!isViewer && !isClosed && (
        <Composer
          name={name}
          draft={draft}
          sender={sender}
          typing={typing}
          offline={offline}
          phone={phone}
          box={box}
          note={
            <ComposerNote
              name={name}
              sender={sender}
              offline={offline}
              lastInboundAt={lastInboundAt(conversation, messages)}
              now={now}
              onKeepDraft={keepDraft}
            />
          }
        />
      )}
    </>
  )
}

function lastInboundAt({ channel, lastMessage }: Conversation, messages: ThreadMessage[]): string | null {
  if (channel !== 'whatsapp') return null
  const inThread = messages.findLast(({ direction }) => direction === 'inbound')?.createdAt
  return inThread ?? (lastMessage?.direction === 'inbound' ? lastMessage.createdAt : null)
}

function ViewerNote() {
  const { t } = useI18n()
  return (
    <div className={classes.instead}>
      <Note icon={IconEye} lead={t('composer.viewer')}>
        {t('composer.viewerNext')}
      </Note>
    </div>
  )
}

interface ClosedNoteProps {
  conversation: Conversation
  draft: string
  now: number
  onReopen: () => void
}

/** Says what it means: for who was writing, that it must be reopened; else what a new message does. */
function ClosedNote({ conversation: { closedAt, contact }, draft, now, onReopen }: ClosedNoteProps) {
  const { t, format } = useI18n()
  const time = closedAt ? format.dayAndClock(closedAt, now) : ''
  const wasWriting = draft.trim() !== ''
  return (
    <div className={classes.instead}>
      <Note
        icon={IconArchive}
        lead={wasWriting ? t('composer.closedMeanwhile', { time }) : t('composer.closed', { time })}
        actions={
          <Button variant="default" size="xs" onClick={onReopen}>
            {t('composer.reopen')}
          </Button>
        }
      >
        {wasWriting ? t('composer.closedMeanwhileNext') : t('composer.closedNext', { name: contactName(contact, t) })}
      </Note>
    </div>
  )
}
