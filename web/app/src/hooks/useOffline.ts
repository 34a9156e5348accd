import { useSyncExternalStore } from 'react'
import { useConnection } from './useConnection'

/**
 * Whether a reply would have to wait: the browser says that there is no network, or the portal hasn't been reached for
 * so long that it counts as cut off. A short break, as at every deploy, is neither.
 */
export function useOffline(): boolean {
  const { state } = useConnection()
  const onLine = useSyncExternalStore(watchNetwork, () => navigator.onLine)
  return state === 'disconnected' || !onLine
}

function watchNetwork(changed: () => void): () => void {
  window.addEventListener('online', changed)
  window.addEventListener('offline', changed)
  return () => {
    window.removeEventListener('online', changed)
    window.removeEventListener('offline', changed)
  }
}
