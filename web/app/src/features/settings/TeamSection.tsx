import { Button } from '@mantine/core'
import { useId, useState, type SubmitEvent } from 'react'
import { useAction } from '@/hooks/useAction'
import { useTeam, type Team } from '@/hooks/useAdmin'
import { useI18n } from '@/i18n/I18nContext'
import { describeError } from '@/lib/describeError'
import type { Role } from '@/lib/types'
import classes from './Admin.module.css'
import { Awaited } from './Awaited'
import { Member, roles } from './Member'
import { Section } from './Section'

/** Who is on the team, and what each may do. */
export function TeamSection() {
  const { t } = useI18n()
  const team = useTeam()
  const { data, change, add } = team
  const [adding, setAdding] = useState(false)
  return (
    <Section title={t('settings.team')}>
      <Awaited answer={team} rows={3} />
      <ul>
        {data?.map((user) => (
          <Member key={user.id} user={user} change={change} />
        ))}
      </ul>
      {adding && <AddMember add={add} onDone={() => setAdding(false)} />}
      {data && !adding && (
        <Button className={classes.add} variant="default" onClick={() => setAdding(true)}>
          {t('settings.addMember')}
        </Button>
      )}
    </Section>
  )
}

function AddMember({ add, onDone }: Pick<Team, 'add'> & { onDone: () => void }) {
  const { t } = useI18n()
  const { run, busy, error } = useAction()
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => form.get(name) as string
    const user = { name: text('name').trim(), email: text('email').trim(), password: text('password'), role: text('role') as Role }
    if (!busy && (await run(() => add(user)))) onDone()
  }
  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)} aria-label={t('settings.addMember')}>
      <Labelled label={t('settings.name')} name="name" type="text" />
      <Labelled label={t('settings.email')} name="email" type="email" />
      <Labelled label={t('settings.firstPassword')} name="password" type="password" minLength={8} />
      <label className={classes.labelled}>
        {t('settings.role')}
        <select className={classes.select} name="role" defaultValue="agent">
          {roles.map((value) => (
            <option key={value} value={value}>
              {t(`role.${value}`)}
            </option>
          ))}
        </select>
      </label>
      {error && (
        <p className={classes.error} role="alert">
          {t('settings.notSaved', { reason: describeError(error, t) })}
        </p>
      )}
      <div className={classes.buttons}>
        <Button type="submit" aria-busy={busy}>
          {t('settings.add')}
        </Button>
        <Button variant="subtle" onClick={onDone}>
          {t('settings.cancel')}
        </Button>
      </div>
    </form>
  )
}

function Labelled({ label, ...input }: { label: string; name: string; type: string; minLength?: number }) {
  const id = useId()
  return (
    <label className={classes.labelled} htmlFor={id}>
      {label}
      <input id={id} className={classes.input} required autoComplete="off" dir={input.type === 'text' ? 'auto' : 'ltr'} {...input} />
    </label>
  )
}
