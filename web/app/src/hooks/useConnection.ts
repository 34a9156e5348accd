import { useMemo, useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { ConnectionSnapshot, ConnectionState } from '@/services/connectionState'

export type { ConnectionState }

export interface Connection extends ConnectionSnapshot {
  /** Tries to connect now. */
  reconnect: () => void
}

export function useConnection(): Connection {
  const { socket } = usePortal()
  const snapshot = useSyncExternalStore(socket.status.subscribe, socket.status.snapshot)
  return useMemo(() => ({ ...snapshot, reconnect: socket.reconnect }), [snapshot, socket])
}
