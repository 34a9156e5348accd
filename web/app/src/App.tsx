import { lazy, Suspense } from 'react'
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router'
import { Starting } from '@/components/Starting'
import { AuthProvider, useAuth } from '@/contexts/AuthContext'
import { ThemeProvider } from '@/theme/ThemeProvider'

const SignIn = lazy(() => import('@/pages/SignIn'))
const SignedIn = lazy(() => import('./SignedIn'))
const Dashboard = lazy(() => import('@/pages/Dashboard'))
const Workspace = lazy(() => import('@/pages/Workspace'))
const Settings = lazy(() => import('@/pages/Settings'))
const NotFound = lazy(() => import('@/pages/NotFound'))

/** Where one wanted to go, kept in the history entry while one signs in. */
export interface LoginState {
  from?: string
}

/** Keyed by the user: another one begins with nothing of the one before. */
function SignedInRoute() {
  const { status, user } = useAuth()
  const { pathname, search } = useLocation()
  if (status === 'loading') return <Starting />
  if (status === 'out' || !user) {
    const state: LoginState = { from: pathname + search }
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

export function App() {
  return (
    <ThemeProvider>
      <AuthProvider>
        <BrowserRouter>
          <Suspense fallback={null}>
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
          </Suspense>
        </BrowserRouter>
      </AuthProvider>
    </ThemeProvider>
  )
}
