import '@/theme/parts'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { Outlet, useLocation } from 'react-router'
import { BottomBar } from '@/components/layout/BottomBar'
import { ErrorBoundary } from '@/components/ErrorBoundary'
import { Sidebar } from '@/components/Sidebar'
import { Loading } from '@/components/ui/Loading'
import { AlertToasts } from '@/features/alerts/AlertToasts'
import { PageTitle } from '@/features/alerts/PageTitle'
import { useAlerts } from '@/hooks/useAlerts'
import { useKeys } from '@/hooks/useKeys'
import { useLayout } from '@/hooks/useLayout'
import { useI18n } from '@/i18n/I18nContext'
import { loadChunk } from '@/lib/loadChunk'
import classes from './Layout.module.css'

const KeyboardHelp = lazy(() => loadChunk(() => import('@/features/keyboard/KeyboardHelp')))

/** The frame around every signed-in page: places to go, the connection, toasts. */
export default function Layout() {
  const { t } = useI18n()
  const layout = useLayout()
  const { pathname } = useLocation()
  const [keysShown, setKeysShown] = useState(false)
  const opener = useRef<HTMLElement | null>(null)
  const showKeys = useCallback(() => {
    opener.current = openerNow()
    setKeysShown(true)
  }, [])
  useEffect(() => {
    if (!keysShown) opener.current?.focus()
  }, [keysShown])

  useAlerts()
  useKeys({ '?': showKeys })

  const inThread = /^\/conversations\/./.test(pathname)
  return (
    <div className={classes.frame} data-layout={layout}>
      <a className={classes.skip} href="#content">
        {t('app.skipToContent')}
      </a>
      {layout !== 'phone' && <Sidebar form={layout === 'wide' ? 'full' : 'rail'} onShowKeys={showKeys} />}
      <main className={classes.content} id="content" tabIndex={-1}>
        <ErrorBoundary resetKey={pathname}>
          {/* Another page is another boundary: else the one before stays, as if the link did nothing, until that page is here. */}
          <Suspense key={pathname.split('/')[1]} fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      {layout === 'phone' && !inThread && <BottomBar />}
      <PageTitle />
      <AlertToasts />
      {keysShown && (
        <ErrorBoundary resetKey={pathname}>
          <Suspense fallback={<Loading floating />}>
            <KeyboardHelp onClose={() => setKeysShown(false)} />
          </Suspense>
        </ErrorBoundary>
      )}
    </div>
  )
}

/** What has the focus and gets it back: of a menu, which is gone by then, what opened it. */
function openerNow(): HTMLElement | null {
  const focused = document.activeElement as HTMLElement | null
  const menu = focused?.closest('[role="menu"]')
  return menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : focused
}
