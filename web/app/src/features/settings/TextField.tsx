import { useId, useState, type KeyboardEvent } from 'react'
import { useAction } from '@/hooks/useAction'
import { useI18n } from '@/i18n/I18nContext'
import { describeError } from '@/lib/describeError'
import { Field } from './Section'
import classes from './TextField.module.css'

interface TextFieldProps {
  label: string
  hint?: string
  value: string
  /** Only its end is known: it is written anew, never edited. */
  secret?: boolean
  /** Most are codes; a name is read as it is written. */
  dir?: 'ltr' | 'auto'
  /** Rejects with ApiError. */
  onSave: (value: string) => Promise<void>
}

/** A text that is saved when one leaves it or presses Enter; Escape takes the change back. */
export function TextField({ label, hint, value, secret = false, dir = 'ltr', onSave }: TextFieldProps) {
  const { t } = useI18n()
  const id = useId()
  const { run, busy, error } = useAction()
  const [text, setText] = useState<string | null>(null)
  const [saved, setSaved] = useState(false)
  const shown = text ?? (secret ? '' : value)

  const save = async () => {
    const wanted = text?.trim()
    if (wanted === undefined || busy) return
    if (wanted === (secret ? '' : value)) return setText(null)
    if (!(await run(() => onSave(wanted)))) return
    setText(null)
    setSaved(true)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') void save()
    if (event.key !== 'Escape') return
    event.stopPropagation()
    setText(null)
  }
  return (
    <Field label={label} labelId={`${id}-label`} hint={hint} saved={saved && text === null}>
      <input
        id={id}
        className={classes.input}
        type="text"
        dir={dir}
        autoComplete="off"
        spellCheck={false}
        aria-labelledby={`${id}-label`}
        aria-invalid={error !== null}
        aria-describedby={error ? `${id}-error` : undefined}
        placeholder={secret ? value || t('settings.notSet') : t('settings.notSet')}
        value={shown}
        onChange={(event) => {
          setSaved(false)
          setText(event.target.value)
        }}
        onBlur={() => void save()}
        onKeyDown={onKeyDown}
      />
      {error && (
        <p id={`${id}-error`} className={classes.error} role="alert">
          {t('settings.notSaved', { reason: describeError(error, t) })}
        </p>
      )}
    </Field>
  )
}
