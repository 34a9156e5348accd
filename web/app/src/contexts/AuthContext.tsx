import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react'
import type { User } from '@/lib/types'
import { Session, type SignedOutReason } from '@/services/session'

interface Auth {
  user: User | null
  status: 'loading' | 'in' | 'out'
  /** Throws ApiError. */
  login: (email: string, password: string) => Promise<void>
  logout: () => Promise<void>
  /** Why the last session ended. */
  signedOutReason?: SignedOutReason
  /** While loading: the server didn't answer and is asked again then (ms since 1970). */
  retryAt?: number
  /** The token's keeper, for what talks to the server. */
  session: Session
}

/** Tests give one of their own. */
export const AuthContext = createContext<Auth | null>(null)

/** Restores the session on load and holds it for the page. */
export function AuthProvider({ children }: { children: ReactNode }) {
  const [session] = useState(() => new Session())
  useEffect(() => {
    session.start()
    return () => session.stop()
  }, [session])
  const state = useSyncExternalStore(session.subscribe, session.snapshot)
  const auth = useMemo<Auth>(
    () => ({
      ...state,
      session,
      login: (email, password) => session.login(email, password),
      logout: () => session.logout(),
    }),
    [state, session],
  )
  return <AuthContext value={auth}>{children}</AuthContext>
}

export function useAuth(): Auth {
  const auth = use(AuthContext)
  if (!auth) throw new Error('useAuth needs an AuthProvider')
  return auth
}
