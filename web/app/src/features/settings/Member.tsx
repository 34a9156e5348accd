import { ActionIcon, Button } from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useId, useState, type SubmitEvent } from 'react'
import { useAuth } from '@/contexts/AuthContext'
import { useAction } from '@/hooks/useAction'
import type { Team } from '@/hooks/useAdmin'
import { useI18n } from '@/i18n/I18nContext'
import { describeError } from '@/lib/describeError'
import type { Role, UserSummary } from '@/lib/types'
import classes from './Admin.module.css'
import { TextField } from './TextField'

export const roles: Role[] = ['admin', 'agent', 'viewer']

type MemberProps = { user: UserSummary } & Pick<Team, 'change'>

/** One of the team: the role at hand, the rest behind a button. */
export function Member({ user: { id, name, email, role }, change }: MemberProps) {
  const { t } = useI18n()
  const { user: me, session } = useAuth()
  const panel = useId()
  const { run, busy, error } = useAction()
  const [saved, setSaved] = useState(false)
  const [opened, setOpened] = useState(false)
  const choose = async (wanted: Role) => {
    setSaved(false)
    setSaved(await run(() => change(id, { role: wanted })))
  }
  const save = async (wanted: { name: string } | { email: string }) => {
    await change(id, wanted)
    // Who one is stands elsewhere on the page too.
    if (id === me?.id) await session.refresh()
  }
  const Chevron = opened ? IconChevronUp : IconChevronDown
  return (
    <li className={classes.member}>
      <span className={classes.who}>
        <bdi className={classes.name}>{name}</bdi>
        {id === me?.id && ` (${t('list.you')})`}
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
      <ActionIcon
        className={classes.more}
        aria-label={t('settings.change', { name })}
        aria-expanded={opened}
        aria-controls={opened ? panel : undefined}
        onClick={() => setOpened(!opened)}
      >
        <Chevron size={16} stroke={1.75} aria-hidden />
      </ActionIcon>
      {error && (
        <p className={classes.error} role="alert">
          {t('settings.notSaved', { reason: describeError(error, t) })}
        </p>
      )}
      {opened && (
        <div id={panel} className={classes.panel} role="group" aria-label={name}>
          <TextField label={t('settings.name')} dir="auto" value={name} onSave={(wanted) => save({ name: wanted })} />
          <TextField label={t('settings.email')} value={email} onSave={(wanted) => save({ email: wanted })} />
          <NewPassword onSave={(password) => change(id, { password })} />
        </div>
      )}
    </li>
  )
}

/** Set by a button, not on leaving: half a password would lock somebody out. */
function NewPassword({ onSave }: { onSave: (password: string) => Promise<void> }) {
  const { t } = useI18n()
  const id = useId()
  const { run, busy, error } = useAction()
  const [saved, setSaved] = useState(false)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    if (busy || !(await run(() => onSave(new FormData(form).get('password') as string)))) return
    form.reset()
    setSaved(true)
  }
  return (
    <form className={classes.password} onSubmit={(event) => void submit(event)}>
      <label htmlFor={id} className={classes.who}>
        {t('settings.newPassword')}
        <span className={classes.sub}>{t('settings.newPasswordHint')}</span>
      </label>
      <span className={classes.sub} role="status">
        {saved && t('settings.saved')}
      </span>
      <input
        id={id}
        className={classes.input}
        name="password"
        type="password"
        dir="ltr"
        required
        minLength={8}
        autoComplete="new-password"
        onChange={() => setSaved(false)}
      />
      <Button type="submit" variant="default" aria-busy={busy}>
        {t('settings.setPassword')}
      </Button>
      {error && (
        <p className={classes.error} role="alert">
          {t('settings.notSaved', { reason: describeError(error, t) })}
        </p>
      )}
    </form>
  )
}
