import { QueryClientProvider } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { createPortalClient, type PortalClient } from '@/services/portalClient'
import { useAuth } from './AuthContext'

export const SyncContext = createContext<PortalClient | null>(null)

/**
 * Connects the signed-in page: its socket, cache and outbox live as long as
 * this does. To be keyed by the user, so that another user begins with nothing.
 */
export function SyncProvider({ children }: { children: ReactNode }) {
  const { session, user } = useAuth()
  const [portal] = useState(() => {
    if (!user) throw new Error('SyncProvider needs a signed-in user')
    return createPortalClient(session, user)
  })
  useEffect(() => portal.start(), [portal])
  return (
    <SyncContext value={portal}>
      <QueryClientProvider client={portal.client}>{children}</QueryClientProvider>
    </SyncContext>
  )
}

/** The parts that the hooks are made of. */
export function usePortal(): PortalClient {
  const portal = use(SyncContext)
  if (!portal) throw new Error('this needs a SyncProvider')
  return portal
}
