import { useCallback, useEffect, useRef, useState } from 'react'
import { asApiError, type ApiError } from '@/lib/api'
import { backoff } from '@/lib/queryClient'

interface Once {
  /** Runs the work, unless it is under way; one that waits to be repeated is repeated now. */
  run: () => void
  running: boolean
  /** Why the last run failed; `error.retryAt` tells when it is repeated, if it is. */
  error: ApiError | null
}

/** Runs work that isn't to run twice at once, and repeats what failed for now. */
export function useOnce(work: () => Promise<void>): Once {
  const [running, setRunning] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const busy = useRef(false)
  const failures = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const latest = useRef(work)
  const again = useRef<() => void>(undefined)
  useEffect(() => {
    latest.current = work
  })

  const run = useCallback(() => {
    if (busy.current) return
    busy.current = true
    clearTimeout(timer.current)
    setRunning(true)
    latest
      .current()
      .then(
        () => {
          failures.current = 0
          setError(null)
        },
        (thrown: unknown) => {
          const failed = asApiError(thrown)
          if (failed.transient) {
            const delay = backoff(failures.current++, failed.retryAfter)
            failed.retryAt = Date.now() + delay
            timer.current = setTimeout(() => again.current?.(), delay)
          }
          setError(failed)
        },
      )
      .finally(() => {
        busy.current = false
        setRunning(false)
      })
  }, [])
  useEffect(() => {
    again.current = run
    return () => {
      again.current = undefined
      clearTimeout(timer.current)
    }
  }, [run])
  return { run, running, error }
}
