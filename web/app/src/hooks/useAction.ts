import { useCallback, useState } from 'react'
import { asApiError, type ApiError } from '@/lib/api'

interface Action {
  /** Runs the work and tells whether it was done; why not is in `error`. */
  run: (work: () => Promise<unknown>) => Promise<boolean>
  busy: boolean
  error: ApiError | null
}

/** Something that a person asked for, and what became of it. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true)
    setError(null)
    try {
      await work()
      return true
    } catch (thrown) {
      setError(asApiError(thrown))
      return false
    } finally {
      setBusy(false)
    }
  }, [])
  return { run, busy, error }
}
