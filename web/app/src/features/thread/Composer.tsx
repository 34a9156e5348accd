import { Textarea } from '@mantine/core'
import { IconArrowUp, IconClock } from '@tabler/icons-react'
import { useState, type KeyboardEvent, type RefObject } from 'react'
import type { SendMessage } from '@/hooks/useConversations'
import type { Typing } from '@/hooks/useTyping'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Composer.module.css'

/** What WhatsApp takes in one message, in code points. */
const MAX_LENGTH = 4096

interface ComposerProps {
  /** The customer's name. */
  name: string
  draft: readonly [text: string, setText: (text: string) => void]
  sender: SendMessage
  typing: Typing
  offline: boolean
  phone: boolean
  /** The one note above the text, if there is something to know. */
  note: React.ReactNode
  box: RefObject<HTMLTextAreaElement | null>
}

/** Where a reply is written: Enter sends, Shift+Enter breaks the line, and no text is ever lost. */
export function Composer({ name, draft: [text, setText], sender, typing, offline, phone, note, box }: ComposerProps) {
  const { t } = useI18n()
  const [found] = useState(text !== '')
  const [touched, setTouched] = useState(false)
  // A stale reply stands in the box until it is decided, unless the next one is being written.
  const shown = text || sender.stale?.text || ''
  const excess = Array.from(shown).length - MAX_LENGTH
  const sendable = text.trim() !== '' && excess <= 0 && !sender.stale

  const change = (value: string) => {
    setTouched(true)
    setText(value)
    typing.onInput(value)
  }
  const send = () => {
    if (!sendable) return
    sender.send(text)
    setText('')
    typing.onSent()
    box.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Out of the text, to where single keys are commands; a list of suggestions closes first.
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) box.current?.blur()
    // While a script is composed (Japanese, Chinese), Enter only takes the word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <div className={classes.dock}>
      <div className={classes.box}>
        {note}
        <div className={classes.field}>
          <Textarea
            ref={box}
            variant="unstyled"
            className={classes.grow}
            classNames={{ input: classes.input }}
            data-testid="composer"
            aria-label={t('composer.label', { name })}
            placeholder={t('composer.placeholder', { name: shortName(name) })}
            dir={shown ? 'auto' : undefined}
            autosize
            minRows={phone ? 1 : 2}
            maxRows={8}
            enterKeyHint="send"
            value={shown}
            readOnly={sender.stale !== null && text === ''}
            onChange={(event) => change(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onBlur={() => typing.onBlur()}
          />
          <div className={classes.bar}>
            <Hint excess={excess} waiting={sender.waiting} draftKept={found && !touched && text !== ''} />
            <button type="button" className={classes.send} disabled={!sendable} onClick={send}>
              <span className={phone ? 'sr-only' : undefined}>{offline ? t('composer.queue') : t('composer.send')}</span>
              {offline ? (
                <IconClock size={16} stroke={2} aria-hidden />
              ) : (
                <IconArrowUp size={16} stroke={2} aria-hidden />
              )}
            </button>
          </div>
        </div>
      </div>
    </div>
  )
}

/** A placeholder takes one line, on a phone too: the box would grow with it. */
function shortName(name: string): string {
  const letters = Array.from(name)
  return letters.length > 24 ? `${letters.slice(0, 23).join('').trimEnd()}…` : name
}

/** One line at the foot of the box: what is most worth knowing now. */
function Hint({ excess, waiting, draftKept }: { excess: number; waiting: number; draftKept: boolean }) {
  const { t } = useI18n()
  if (excess > 0) {
    return (
      <span className={classes.hint} data-tone="fail" role="alert">
        {t('composer.tooLong', { count: excess })}
      </span>
    )
  }
  if (waiting > 0) return <span className={classes.hint}>{t('composer.waiting', { count: waiting })}</span>
  if (draftKept) return <span className={`${classes.hint} ${classes.keys}`}>{t('composer.draftKept')}</span>
  return <span className={`${classes.hint} ${classes.keys}`}>{t('composer.hint')}</span>
}
