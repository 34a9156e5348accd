import { lazy, Suspense, type ComponentType, type ReactNode } from 'react'
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router'
import { ErrorBoundary } from '@/components/ErrorBoundary'
import { Starting } from '@/components/Starting'
import { AuthProvider, useAuth } from '@/contexts/AuthContext'
import { loadChunk } from '@/lib/loadChunk'
import { nameOfPlace } from '@/lib/whereabouts'
import { ThemeProvider } from '@/theme/ThemeProvider'

const page = (load: () => Promise<{ default: ComponentType }>) => lazy(() => loadChunk(load))

const SignIn = page(() => import('@/pages/SignIn'))
const SignedIn = page(() => import('./SignedIn'))
const Dashboard = page(() => import('@/pages/Dashboard'))
const Workspace = page(() => import('@/pages/Workspace'))
const Settings = page(() => import('@/pages/Settings'))
const NotFound = page(() => import('@/pages/NotFound'))

/** Where one wanted to go, kept in the history entry while one signs in. */
interface LoginState {
  from?: string
  /** What stands there: whose conversation it is. */
  name?: string
}

/** Keyed by the user: another one begins with nothing of the one before. */
function SignedInRoute() {
  const { status, user, signedOutReason } = useAuth()
  const { pathname, search } = useLocation()
  if (status === 'loading') return <Starting />
  if (status === 'out' || !user) {
    // Who signs out by choice isn't led back: someone else may sign in here next.
    const state: LoginState = signedOutReason === 'chosen' ? {} : { from: pathname + search, name: nameOfPlace(pathname) }
    return <Navigate to="/login" replace state={state} />
  }
  return <SignedIn key={user.id} />
}

function LoginRoute() {
  const { status } = useAuth()
  const state = useLocation().state as LoginState | null
  if (status === 'loading') return <Starting />
  if (status === 'in') return <Navigate to={state?.from ?? '/'} replace />
  return <SignIn />
}

/** Never an empty page: what loads says so, and what can't be loaded too. */
function Frame({ children }: { children: ReactNode }) {
  const { pathname } = useLocation()
  return (
    <ErrorBoundary resetKey={pathname}>
      <Suspense fallback={<Starting />}>{children}</Suspense>
    </ErrorBoundary>
  )
}

export function App() {
  return (
    <ThemeProvider>
      <AuthProvider>
        <BrowserRouter>
          <Frame>
            <Routes>
              <Route path="/login" element={<LoginRoute />} />
              <Route element={<SignedInRoute />}>
                <Route index element={<Dashboard />} />
                <Route path="conversations" element={<Workspace />} />
                <Route path="conversations/:id" element={<Workspace />} />
                <Route path="settings" element={<Settings />} />
                <Route path="*" element={<NotFound />} />
              </Route>
            </Routes>
          </Frame>
        </BrowserRouter>
      </AuthProvider>
    </ThemeProvider>
  )
}
