import { IconChartBar, IconMessages, IconSettings } from '@tabler/icons-react'
import type { ComponentType, ReactNode } from 'react'
import { NavLink } from 'react-router'
import { UnreadBadge } from '@/components/ui/UnreadBadge'
import { useUnreadTotal } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'
import classes from './BottomBar.module.css'

/** The three places, within the thumb's reach. */
export function BottomBar() {
  const { t } = useI18n()
  const unread = useUnreadTotal()
  return (
    <nav className={classes.bar} aria-label={t('nav.label')}>
      <Place to="/conversations" icon={IconMessages} label={t('nav.conversations')}>
        <UnreadBadge count={unread} label={t('nav.unread', { count: unread })} testId="unread-badge" />
      </Place>
      <Place to="/" icon={IconChartBar} label={t('nav.dashboard')} />
      <Place to="/settings" icon={IconSettings} label={t('nav.settings')} />
    </nav>
  )
}

interface PlaceProps {
  to: string
  icon: ComponentType<{ size?: number; stroke?: number }>
  label: string
  children?: ReactNode
}

function Place({ to, icon: Icon, label, children }: PlaceProps) {
  return (
    <NavLink className={classes.place} to={to} end={to === '/'}>
      <span className={classes.icon}>
        <Icon size={20} stroke={1.75} aria-hidden />
        {children}
      </span>
      {label}
    </NavLink>
  )
}
