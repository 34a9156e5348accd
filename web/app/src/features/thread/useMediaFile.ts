import { useState } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import { asApiError, type ApiError } from '@/lib/api'

/** Why a file isn't shown: the portal's own word (404 is for good), it lies elsewhere, or it's there and this browser can't show it. */
export type MediaFailure = ApiError | 'elsewhere' | 'unshown'

interface MediaFile {
  /** Counts the tries: as the key of what loads it, it loads anew. */
  attempt: number
  failure: MediaFailure | null
  /** To be told that it didn't load. */
  failed: () => void
  retry: () => void
}

/**
 * A file that the browser fetches by itself, which is told nothing of a refusal. Where the portal has it, the portal
 * is asked; that also renews what lets the browser in, so that the file comes with the next try.
 */
export function useMediaFile(address: string): MediaFile {
  const { api } = usePortal()
  const [attempt, setAttempt] = useState(0)
  const [failure, setFailure] = useState<MediaFailure | null>(null)

  function retry() {
    setFailure(null)
    setAttempt((n) => n + 1)
  }

  function failed() {
    const path = ownPath(address)
    if (path === null) {
      setFailure('elsewhere')
      return
    }
    void api.check(path).then(
      () => (attempt === 0 ? retry() : setFailure('unshown')),
      (thrown: unknown) => setFailure(asApiError(thrown)),
    )
  }

  return { attempt, failure, failed, retry }
}

/** The path of a file of the portal's own, null of another. */
function ownPath(address: string): string | null {
  const url = new URL(address)
  return url.origin === window.location.origin && url.pathname.startsWith('/api/media/') ? url.pathname : null
}
