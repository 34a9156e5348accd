import { Button } from '@mantine/core'
import { useId, useState, type SubmitEvent } from 'react'
import { LoadError } from '@/components/ui/LoadError'
import { useAuth } from '@/contexts/AuthContext'
import { useAction } from '@/hooks/useAction'
import { useTeam, type Team } from '@/hooks/useAdmin'
import { useI18n } from '@/i18n/I18nContext'
import { describeError } from '@/lib/describeError'
import type { Role, UserSummary } from '@/lib/types'
import classes from './Admin.module.css'
import { Section } from './Section'

const roles: Role[] = ['admin', 'agent', 'viewer']

/** Who is on the team, and what each may do. */
export function TeamSection() {
  const { t } = useI18n()
  const { data, error, refetch, setRole, add } = useTeam()
  const [adding, setAdding] = useState(false)
  return (
    <Section title={t('settings.team')}>
      {!data && error && <LoadError title={t('error.settings')} error={error} onRetry={refetch} />}
      <ul>
        {data?.map((user) => (
          <Member key={user.id} user={user} setRole={setRole} />
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

function Member({ user: { id, name, email, role }, setRole }: { user: UserSummary } & Pick<Team, 'setRole'>) {
  const { t } = useI18n()
  const me = useAuth().user?.id
  const { run, busy, error } = useAction()
  const [saved, setSaved] = useState(false)
  const choose = async (wanted: Role) => {
    setSaved(false)
    setSaved(await run(() => setRole(id, wanted)))
  }
  return (
    <li className={classes.member}>
      <span className={classes.who}>
        <bdi className={classes.name}>{name}</bdi>
        {id === me && ` (${t('list.you')})`}
        <span className={classes.sub}>{email}</span>
      </span>
      <span className={classes.sub} role="status">
        {saved && t('settings.saved')}
      </span>
      <select
        className={classes.select}
        aria-label={t('settings.roleOf', { name })}
        value={role}
        disabled={busy}
        onChange={(event) => void choose(event.target.value as Role)}
      >
        {roles.map((value) => (
          <option key={value} value={value}>
            {t(`role.${value}`)}
          </option>
        ))}
      </select>
      {error && (
        <p className={classes.error} role="alert">
          {t('settings.notSaved', { reason: describeError(error, t) })}
        </p>
      )}
    </li>
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
