import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconArchive, IconArchiveOff, IconArrowLeft, IconDots, IconInfoCircle } from '@tabler/icons-react'
import type { RefObject } from 'react'
import { Link } from 'react-router'
import { ConnectionStatus } from '@/components/ConnectionStatus'
import { Hint } from '@/components/ui/Hint'
import { UnreadBadge } from '@/components/ui/UnreadBadge'
import { useAuth } from '@/contexts/AuthContext'
import { useUnreadTotal, useUsers } from '@/hooks/useConversations'
import type { Layout } from '@/hooks/useLayout'
import { useI18n } from '@/i18n/I18nContext'
import { assigneeName } from '@/lib/assigneeName'
import { contactName } from '@/lib/contactName'
import { formatPhone } from '@/lib/phone'
import type { Conversation } from '@/lib/types'
import { AssignItems, AssignMenu } from './AssignMenu'
import classes from './ThreadHeader.module.css'

interface ThreadHeaderProps {
  conversation: Conversation
  layout: Layout
  /** Where the list is. */
  back: string
  detailsShown: boolean
  /** What shows the details: a button of its own, or the menu that holds it. */
  detailsControl: RefObject<HTMLButtonElement | null>
  onShowDetails: () => void
  onAssign: (userId: string | null) => void
  onToggleClosed: () => void
}

export function ThreadHeader(props: ThreadHeaderProps) {
  const { conversation, layout } = props
  const { user } = useAuth()
  // Known before a menu opens, so that it doesn't grow under the hand.
  useUsers()
  const mayWrite = user?.role !== 'viewer'
  return (
    <header className={classes.bar}>
      {layout === 'phone' ? <PhoneTitle {...props} /> : <Title conversation={conversation} />}
      {layout === 'phone' && <ConnectionStatus form="mark" />}
      {layout === 'phone' || layout === 'narrow' ? <ActionMenu {...props} mayWrite={mayWrite} /> : <Actions {...props} mayWrite={mayWrite} />}
    </header>
  )
}

/** The bar of a pane without a conversation: the hairline runs through, and on a phone there is a way back. */
export function BareHeader({ layout, back }: Pick<ThreadHeaderProps, 'layout' | 'back'>) {
  return (
    <header className={classes.bar}>
      {layout === 'phone' && (
        <>
          <BackLink to={back} />
          <span className={classes.stack} />
          <ConnectionStatus form="mark" />
        </>
      )}
    </header>
  )
}

function BackLink({ to }: { to: string }) {
  const { t } = useI18n()
  return (
    <ActionIcon component={Link} to={to} size={44} aria-label={t('thread.back')}>
      <IconArrowLeft className={classes.turns} size={20} stroke={1.75} aria-hidden />
    </ActionIcon>
  )
}

function Title({ conversation: { contact } }: { conversation: Conversation }) {
  const { t } = useI18n()
  const name = contactName(contact, t)
  const number = contact.waId && formatPhone(contact.waId)
  return (
    <div className={classes.titles}>
      <h2 className={classes.name}>
        <bdi>{name}</bdi>
      </h2>
      {number && number !== name && (
        <span className={classes.number} dir="ltr">
          {number}
        </span>
      )}
    </div>
  )
}

/** The unread total stands beside the way back to it. */
function PhoneTitle({ conversation: { contact, assignee }, back }: ThreadHeaderProps) {
  const { t } = useI18n()
  const { user } = useAuth()
  const unread = useUnreadTotal()
  return (
    <>
      <BackLink to={back} />
      <UnreadBadge count={unread} label={t('nav.unread', { count: unread })} testId="unread-badge" />
      <div className={classes.stack}>
        <h2 className={classes.name}>
          <bdi>{contactName(contact, t)}</bdi>
        </h2>
        <span className={classes.number}>
          <bdi>{assigneeName(assignee, user?.id, t('action.unassigned'), t)}</bdi>
          {contact.waId && (
            <>
              {' · '}
              <bdi>{formatPhone(contact.waId)}</bdi>
            </>
          )}
        </span>
      </div>
    </>
  )
}

interface ActionsProps extends ThreadHeaderProps {
  mayWrite: boolean
}

function Actions({ conversation, mayWrite, detailsShown, detailsControl, onShowDetails, onAssign, onToggleClosed }: ActionsProps) {
  const { t } = useI18n()
  const closed = conversation.status === 'closed'
  const name = closed ? t('action.reopen') : t('action.close')
  return (
    <div className={classes.actions}>
      {mayWrite && (
        <>
          <AssignMenu assignee={conversation.assignee} onAssign={onAssign} />
          <Hint label={name} shortcut="e">
            <Button
              variant="default"
              size="xs"
              aria-keyshortcuts="e"
              leftSection={
                closed ? (
                  <IconArchiveOff size={16} stroke={1.75} aria-hidden />
                ) : (
                  <IconArchive size={16} stroke={1.75} aria-hidden />
                )
              }
              onClick={onToggleClosed}
            >
              {name}
            </Button>
          </Hint>
        </>
      )}
      {!detailsShown && (
        <Button
          ref={detailsControl}
          variant="subtle"
          size="xs"
          leftSection={<IconInfoCircle size={16} stroke={1.75} aria-hidden />}
          onClick={onShowDetails}
        >
          {t('action.details')}
        </Button>
      )}
    </div>
  )
}

function ActionMenu({ conversation, layout, mayWrite, detailsControl, onShowDetails, onAssign, onToggleClosed }: ActionsProps) {
  const { t } = useI18n()
  const closed = conversation.status === 'closed'
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon ref={detailsControl} size={layout === 'phone' ? 44 : 32} aria-label={t('action.more')}>
          <IconDots size={20} stroke={1.75} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah="70dvh" style={{ overflowY: 'auto' }}>
        <Menu.Item leftSection={<IconInfoCircle size={16} stroke={1.75} aria-hidden />} onClick={onShowDetails}>
          {t('action.details')}
        </Menu.Item>
        {mayWrite && (
          <>
            <Menu.Item leftSection={<IconArchive size={16} stroke={1.75} aria-hidden />} onClick={onToggleClosed}>
              {closed ? t('action.reopen') : t('action.close')}
            </Menu.Item>
            <Menu.Divider />
            <AssignItems assignee={conversation.assignee} onAssign={onAssign} />
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
