import { useId, type ReactNode } from 'react'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Section.module.css'

export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={classes.section} aria-labelledby={id}>
      <h2 id={id} className={classes.title}>
        {title}
      </h2>
      {children}
    </section>
  )
}

interface FieldProps {
  label: string
  /** Names the control; for groups of buttons, which no label element can. */
  labelId?: string
  hint?: string
  saved?: boolean
  children: ReactNode
}

/** One choice: its name, what it does, the control, and that it was saved. */
export function Field({ label, labelId, hint, saved = false, children }: FieldProps) {
  const { t } = useI18n()
  return (
    <div className={classes.field}>
      <div className={classes.words}>
        <p id={labelId} className={classes.label}>
          {label}
        </p>
        {hint && <p className={classes.hint}>{hint}</p>}
      </div>
      <span className={classes.saved} role="status">
        {saved && t('settings.saved')}
      </span>
      <div className={classes.control}>{children}</div>
    </div>
  )
}
