import { Button } from '@mantine/core'
import { useAction } from '@/hooks/useAction'
import { useDeadLetters, type DeadLetters } from '@/hooks/useAdmin'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import { describeError } from '@/lib/describeError'
import type { DeadLetter } from '@/lib/settingsTypes'
import classes from './Admin.module.css'
import { Awaited } from './Awaited'
import { Section } from './Section'

/** What came and could never be applied: why, and what to do with it. */
export function DeadLettersSection() {
  const { t } = useI18n()
  const letters = useDeadLetters()
  const { data, republish, discard } = letters
  return (
    <Section title={t('settings.deadLetters')}>
      <Awaited answer={letters} rows={1} />
      {data?.length === 0 && <p className={classes.sub}>{t('settings.deadLettersNone')}</p>}
      <ul>
        {data?.map((letter) => (
          <Letter key={`${letter.queue} ${letter.key}`} letter={letter} republish={republish} discard={discard} />
        ))}
      </ul>
    </Section>
  )
}

type LetterProps = { letter: DeadLetter } & Pick<DeadLetters, 'republish' | 'discard'>

function Letter({ letter, republish, discard }: LetterProps) {
  const { t, format } = useI18n()
  const now = useNow()
  const { run, busy, error } = useAction()
  return (
    <li className={classes.letter}>
      <p className={classes.name} dir="auto" lang="en">
        {letter.reason}
      </p>
      <p className={classes.sub}>
        <bdi>{letter.queue}</bdi>
        {letter.deadLetteredAt && <> · {format.dayAndClock(letter.deadLetteredAt, now)}</>}
      </p>
      <pre className={classes.body} dir="ltr" tabIndex={0} aria-label={t('settings.letterBody')}>
        {letter.body}
      </pre>
      <div className={classes.buttons}>
        <Button variant="default" size="xs" aria-busy={busy} onClick={() => void run(() => republish(letter))}>
          {t('settings.republish')}
        </Button>
        <Button variant="subtle" size="xs" aria-busy={busy} onClick={() => void run(() => discard(letter))}>
          {t('settings.discard')}
        </Button>
      </div>
      {error && (
        <p className={classes.error} role="alert">
          {t('error.notDone', { reason: describeError(error, t) })}
        </p>
      )}
    </li>
  )
}
