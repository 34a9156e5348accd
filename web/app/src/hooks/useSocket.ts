import { useEffect, useEffectEvent, useMemo, useSyncExternalStore } from 'react'
import type { Socket } from 'socket.io-client'
import { usePortal } from '@/contexts/SyncContext'
import type { Ack, ClientEventName, ClientEvents, ServerEventName, ServerEvents } from '@/lib/types'

interface PortalSocket {
  socket: Socket
  /** In step with the log, not merely connected. */
  connected: boolean
  /** Listens; call the answer to stop. */
  on: <T extends ServerEventName>(event: T, handler: (body: ServerEvents[T]) => void) => () => void
  /** Resolves with the acknowledgement; rejects without a connection or an answer in time. */
  emit: <T extends ClientEventName>(event: T, body: ClientEvents[T]) => Promise<Ack>
}

export function useSocket(): PortalSocket {
  const { socket: service } = usePortal()
  const connected = useSyncExternalStore(service.status.subscribe, () => service.status.snapshot().state === 'connected')
  return useMemo(
    () => ({
      socket: service.socket,
      connected,
      on: (event, handler) => service.on(event, handler),
      emit: (event, body) => service.emit(event, body),
    }),
    [service, connected],
  )
}

/** Listens while mounted; always calls the latest handler. For toasts and sounds: the cache has its own door. */
export function useSocketEvent<T extends ServerEventName>(event: T, handler: (body: ServerEvents[T]) => void): void {
  const { socket } = usePortal()
  const latest = useEffectEvent(handler)
  useEffect(() => socket.on(event, (body) => latest(body)), [socket, event])
}
