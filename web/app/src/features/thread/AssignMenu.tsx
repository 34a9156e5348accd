import { Button, Menu } from '@mantine/core'
import { IconCheck, IconChevronDown, IconUser, IconUserOff } from '@tabler/icons-react'
import { Hint } from '@/components/ui/Hint'
import { useAuth } from '@/contexts/AuthContext'
import { useUsers } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'
import { assigneeName } from '@/lib/assigneeName'
import type { Person } from '@/lib/types'

interface AssignProps {
  assignee: Person | null
  onAssign: (userId: string | null) => void
}

/** Whose it is, and a way to give it to someone else. */
export function AssignMenu({ assignee, onAssign }: AssignProps) {
  const { t } = useI18n()
  const { user } = useAuth()
  const name = assigneeName(assignee, user?.id, t('action.unassigned'), t)
  return (
    <Menu>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          aria-label={t('action.assignedTo', { name })}
          leftSection={<IconUser size={16} stroke={1.75} aria-hidden />}
          rightSection={<IconChevronDown size={16} stroke={1.75} aria-hidden />}
        >
          <bdi>{name}</bdi>
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah="60dvh" style={{ overflowY: 'auto' }}>
        <AssignItems assignee={assignee} onAssign={onAssign} />
      </Menu.Dropdown>
    </Menu>
  )
}

export function AssignItems({ assignee, onAssign }: AssignProps) {
  const { t } = useI18n()
  const { user } = useAuth()
  const { users } = useUsers()
  const others = users.filter(({ id, role }) => id !== user?.id && role !== 'viewer')
  return (
    <>
      {user && assignee?.id !== user.id && (
        <Hint label={t('action.assignMe')} shortcut="a" position="left">
          <Menu.Item leftSection={<IconUser size={16} stroke={1.75} aria-hidden />} onClick={() => onAssign(user.id)}>
            {t('action.assignMe')}
          </Menu.Item>
        </Hint>
      )}
      {others.length > 0 && <Menu.Label>{t('action.transfer')}</Menu.Label>}
      {others.map(({ id, name }) => (
        <Menu.Item
          key={id}
          disabled={id === assignee?.id}
          rightSection={id === assignee?.id && <IconCheck size={16} stroke={2} aria-hidden />}
          onClick={() => onAssign(id)}
        >
          <bdi>{name}</bdi>
        </Menu.Item>
      ))}
      {assignee && (
        <>
          <Menu.Divider />
          <Menu.Item leftSection={<IconUserOff size={16} stroke={1.75} aria-hidden />} onClick={() => onAssign(null)}>
            {t('action.unassign')}
          </Menu.Item>
        </>
      )}
    </>
  )
}
