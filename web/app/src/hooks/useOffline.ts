import { useSyncExternalStore } from 'react'
import { useConnection } from './useConnection'

/**
 * Whether a reply would have to wait: the browser says that there is no network, or the portal hasn't been reached
 * for some seconds. A short break, as at every deploy, is neither.
 */
export function useOffline(): boolean {
  const { offline } = useConnection()
  const onLine = useSyncExternalStore(watchNetwork, () => navigator.onLine)
  return offline || !onLine
}

function watchNetwork(changed: () => void): () => void {
  window.addEventListener('online', changed)
  window.addEventListener('offline', changed)
  return () => {
    window.removeEventListener('online', changed)
    window.removeEventListener('offline', changed)
  }
}
