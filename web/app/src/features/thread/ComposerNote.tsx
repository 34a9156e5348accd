import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCloudOff, IconHourglassLow, IconLock } from '@tabler/icons-react'
import { Note } from '@/components/ui/Note'
import type { SendMessage } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'
import { replyWindow } from '@/lib/replyWindow'
import classes from './ComposerNote.module.css'

interface ComposerNoteProps {
  name: string
  sender: SendMessage
  offline: boolean
  /** When the customer wrote last; null where no rule of 24 hours holds, or nothing is known. */
  lastInboundAt: string | null
  now: number
  onKeepDraft: () => void
}

/** One note at a time, most urgent first: stale reply, offline, window. */
export function ComposerNote(props: ComposerNoteProps) {
  const { t } = useI18n()
  if (props.sender.stale) return <StaleNote {...props} />
  if (props.offline) {
    return (
      <Note icon={IconCloudOff} lead={t('composer.offline')}>
        {t('composer.offlineNext')}
      </Note>
    )
  }
  return <WindowNote {...props} />
}

function StaleNote({ sender, onKeepDraft }: ComposerNoteProps) {
  const { t } = useI18n()
  const newer = sender.stale?.newer.at(-1)
  const name = newer?.author.name || t('typing.agent')
  return (
    <Note
      icon={IconAlertTriangle}
      tone="wait"
      urgent
      lead={t('composer.stale', { name })}
      actions={
        <div className={classes.actions}>
          <Button variant="default" size="xs" onClick={() => sender.sendAnyway()}>
            {t('composer.sendAnyway')}
          </Button>
          <Button variant="subtle" size="xs" onClick={onKeepDraft}>
            {t('composer.keepDraft')}
          </Button>
        </div>
      }
    >
      {t('composer.staleNext')}
      {newer && (
        <blockquote className={classes.quote} dir="auto">
          {newer.text}
        </blockquote>
      )}
    </Note>
  )
}

function WindowNote({ name, lastInboundAt, now }: ComposerNoteProps) {
  const { t, format } = useI18n()
  if (lastInboundAt === null) return null
  const { state, minutesLeft, endsAt } = replyWindow(lastInboundAt, now)
  if (state === 'open') return null
  if (state === 'closing') {
    return (
      <Note icon={IconHourglassLow} tone="wait" lead={t('composer.windowLeft', { count: minutesLeft })}>
        {t('composer.windowLeftNext', { time: format.clock(endsAt) })}
      </Note>
    )
  }
  return (
    <Note icon={IconLock} tone="wait" lead={t('composer.windowClosed', { time: format.dayAndClock(endsAt, now) })}>
      {t('composer.windowClosedNext', { name })}
    </Note>
  )
}
