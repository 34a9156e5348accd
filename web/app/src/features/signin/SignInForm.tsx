import { IconAlertCircle } from '@tabler/icons-react'
import { useId, useRef, useState, type SubmitEvent } from 'react'
import { useAuth } from '@/contexts/AuthContext'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import type { Translate } from '@/i18n/catalogue'
import { asApiError } from '@/lib/api'
import classes from './SignInForm.module.css'

interface Fault {
  /** Which field to look at again; absent where none is to blame. */
  field?: 'email' | 'password'
  text: string
  /** Until when the server takes no further try, ms since 1970. */
  until?: number
}

/** Plain fields, so that the page needs nothing but itself to load. */
export function SignInForm({ onUnanswered }: { onUnanswered: () => void }) {
  const { t } = useI18n()
  const auth = useAuth()
  const [fault, setFault] = useState<Fault | null>(null)
  const [busy, setBusy] = useState(false)
  const email = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)

  const fields = { email, password }

  const show = (next: Fault) => {
    setFault(next)
    if (next.field) fields[next.field].current?.focus()
  }

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (busy) return
    const values = { email: email.current?.value.trim() ?? '', password: password.current?.value ?? '' }
    const missing = findMissing(values, t)
    if (missing) return show(missing)
    setBusy(true)
    setFault(null)
    try {
      await auth.login(values.email, values.password)
    } catch (error) {
      show(explain(error, t))
      if (asApiError(error).transient) onUnanswered()
    } finally {
      setBusy(false)
    }
  }

  return (
    <form className={classes.form} onSubmit={submit} noValidate aria-label={t('login.title')}>
      <Field name="email" type="email" label={t('login.email')} autoComplete="username" input={email} fault={fault} />
      <Field
        name="password"
        type="password"
        label={t('login.password')}
        autoComplete="current-password"
        input={password}
        fault={fault}
      />
      <button className={classes.submit} type="submit" aria-busy={busy}>
        {busy ? t('login.submitting') : t('login.submit')}
      </button>
      <FaultLine fault={fault?.field ? null : fault} />
      <p className={classes.help}>{t('login.help')}</p>
    </form>
  )
}

function findMissing(values: { email: string; password: string }, t: Translate): Fault | null {
  if (!values.email) return { field: 'email', text: t('login.emailMissing') }
  if (!values.password) return { field: 'password', text: t('login.passwordMissing') }
  return null
}

function explain(error: unknown, t: Translate): Fault {
  const { status, retryAfter, message } = asApiError(error)
  if (status === 0) return { text: t('login.noServer') }
  if (status >= 500) return { text: t('error.server') }
  if (status === 401) return { field: 'password', text: t('login.wrong') }
  if (status === 429) return { text: '', until: Date.now() + (retryAfter ?? 60) * 1000 }
  return { text: t('login.refused', { reason: message }) }
}

interface FieldProps {
  name: NonNullable<Fault['field']>
  type: string
  label: string
  autoComplete: string
  input: React.RefObject<HTMLInputElement | null>
  fault: Fault | null
}

function Field({ name, type, label, autoComplete, input, fault }: FieldProps) {
  const id = useId()
  const wrong = fault?.field === name ? fault : null
  return (
    <div>
      <label className={classes.label} htmlFor={id}>
        {label}
      </label>
      <input
        ref={input}
        id={id}
        className={classes.input}
        name={name}
        type={type}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        dir="ltr"
        required
        aria-invalid={wrong !== null}
        aria-describedby={wrong ? `${id}-fault` : undefined}
      />
      <FaultLine id={`${id}-fault`} fault={wrong} />
    </div>
  )
}

function FaultLine({ id, fault }: { id?: string; fault: Fault | null }) {
  return (
    <p id={id} className={classes.fault} role="alert">
      {fault && (
        <>
          <IconAlertCircle size={16} stroke={1.75} aria-hidden />
          {fault.until === undefined ? fault.text : <Wait until={fault.until} />}
        </>
      )}
    </p>
  )
}

function Wait({ until }: { until: number }) {
  const { t } = useI18n()
  const seconds = Math.max(1, Math.ceil((until - useNow(1000)) / 1000))
  const wait =
    seconds < 60 ? t('time.seconds', { count: seconds }) : t('time.minutes', { count: Math.ceil(seconds / 60) })
  return <span>{t('login.tooMany', { wait })}</span>
}
