import { ActionIcon, Menu } from '@mantine/core'
import {
  IconChartBar, IconDots, IconKeyboard, IconLogout, IconMessages, IconSettings,
} from '@tabler/icons-react'
import type { ComponentType, ReactNode } from 'react'
import { Link, NavLink, useLocation } from 'react-router'
import { useAuth } from '@/contexts/AuthContext'
import { useMetrics } from '@/hooks/useAnalytics'
import { useUnreadTotal } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'
import { listQuery, readListAddress, views, viewTitle, type View } from '@/lib/views'
import { ConnectionStatus } from './ConnectionStatus'
import { Logo } from './Logo'
import classes from './Sidebar.module.css'
import { Hint } from './ui/Hint'
import { UnreadBadge } from './ui/UnreadBadge'

interface SidebarProps {
  /** `full` with words and views; `rail`: icons with tooltips. */
  form: 'full' | 'rail'
  onShowKeys: () => void
}

export function Sidebar({ form, onShowKeys }: SidebarProps) {
  const { t } = useI18n()
  const { user } = useAuth()
  return (
    <aside className={classes.sidebar} data-form={form}>
      <p className={classes.brand}>
        <Logo />
        {form === 'full' && <span className={classes.brandName}>{user?.tenantName ?? t('app.name')}</span>}
      </p>
      <nav className={classes.nav} aria-label={t('nav.label')}>
        <ConversationsItem form={form} />
        {form === 'full' && <Views />}
        <Item form={form} to="/" icon={IconChartBar} label={t('nav.dashboard')} />
        <Item form={form} to="/settings" icon={IconSettings} label={t('nav.settings')} />
      </nav>
      <div className={classes.connection}>
        <ConnectionStatus form={form === 'full' ? 'line' : 'mark'} />
      </div>
      <Account form={form} onShowKeys={onShowKeys} />
    </aside>
  )
}

interface ItemProps {
  form: 'full' | 'rail'
  to: string
  icon: ComponentType<{ size?: number; stroke?: number }>
  label: string
  badge?: ReactNode
}

function Item({ form, to, icon: Icon, label, badge }: ItemProps) {
  const link = (
    <NavLink className={classes.item} to={to} end={to === '/'}>
      <span className={classes.icon} aria-hidden>
        <Icon size={form === 'full' ? 16 : 20} stroke={1.75} />
      </span>
      <span className={form === 'full' ? classes.itemName : 'sr-only'}>{label}</span>
      {badge}
    </NavLink>
  )
  if (form === 'full') return link
  return (
    <Hint label={label} position="right">
      {link}
    </Hint>
  )
}

function ConversationsItem({ form }: { form: 'full' | 'rail' }) {
  const { t } = useI18n()
  const unread = useUnreadTotal()
  const badge = <UnreadBadge count={unread} label={t('nav.unread', { count: unread })} testId="unread-badge" />
  return <Item form={form} to="/conversations" icon={IconMessages} label={t('nav.conversations')} badge={badge} />
}

function Views() {
  const { t } = useI18n()
  const { pathname, search } = useLocation()
  const { data } = useMetrics()
  const here = pathname.startsWith('/conversations') ? readListAddress(new URLSearchParams(search)) : null
  const counts: Partial<Record<View, number>> = {
    active: data?.activeConversations,
    unassigned: data?.unassignedConversations,
  }
  return (
    <ul className={classes.views} aria-label={t('nav.views')}>
      {views.map((view) => (
        <li key={view}>
          <Link
            className={classes.view}
            to={`/conversations${listQuery({ view, sort: here?.sort ?? 'lastActivity', search: '' })}`}
            aria-current={here?.view === view ? 'true' : undefined}
            data-current={here?.view === view || undefined}
          >
            <span className={classes.itemName}>{t(viewTitle[view])}</span>
            {counts[view] !== undefined && <span className={classes.count}>{counts[view]}</span>}
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Account({ form, onShowKeys }: SidebarProps) {
  const { t } = useI18n()
  const { user, logout } = useAuth()
  if (!user) return null
  const signOut = () => void logout()

  if (form === 'rail') {
    return (
      <div className={classes.account}>
        <Hint label={t('account.signOut')} position="right">
          <ActionIcon size={36} aria-label={t('account.signOut')} onClick={signOut}>
            <IconLogout className={classes.turns} size={20} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Hint>
      </div>
    )
  }
  return (
    <div className={classes.account}>
      <div className={classes.who}>
        <span className={classes.name} dir="auto" title={t('nav.account', { name: user.name })}>
          {user.name}
        </span>
        <button type="button" className={classes.signOut} onClick={signOut}>
          {t('account.signOut')}
        </button>
      </div>
      <Menu position="top-end">
        <Menu.Target>
          <ActionIcon size={28} aria-label={t('nav.more')}>
            <IconDots size={16} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconKeyboard size={16} stroke={1.75} aria-hidden />} onClick={onShowKeys}>
            {t('keys.title')}
          </Menu.Item>
          <Menu.Item
            component={Link}
            to="/settings"
            leftSection={<IconSettings size={16} stroke={1.75} aria-hidden />}
          >
            {t('nav.settings')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  )
}
