import { useEffect } from 'react'
import { useLocation } from 'react-router'
import { useUnreadTotal } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'

/** The unread total where it is seen from other tabs: in the title and in the icon. */
export function PageTitle() {
  const { t } = useI18n()
  const { pathname } = useLocation()
  const unread = useUnreadTotal()

  useEffect(() => {
    const page = t(pageName(pathname))
    document.title = unread > 0 ? t('app.titleUnread', { unread, page }) : t('app.title', { page })
  }, [t, pathname, unread])

  const waiting = unread > 0
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    if (icon) icon.href = waiting ? '/favicon-unread.svg' : '/favicon.svg'
    return () => {
      if (icon) icon.href = '/favicon.svg'
    }
  }, [waiting])

  return null
}

function pageName(pathname: string) {
  if (pathname.startsWith('/conversations')) return 'nav.conversations'
  return pathname.startsWith('/settings') ? 'nav.settings' : 'nav.dashboard'
}
