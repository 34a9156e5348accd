import { useCallback, useEffect, useRef, useState } from 'react'

/** Runs work that isn't to run twice at once. What fails can be run again. */
export function useOnce(work: () => Promise<void>): { run: () => void; running: boolean } {
  const [running, setRunning] = useState(false)
  const busy = useRef(false)
  const latest = useRef(work)
  useEffect(() => {
    latest.current = work
  })
  const run = useCallback(() => {
    if (busy.current) return
    busy.current = true
    setRunning(true)
    latest
      .current()
      .catch(() => undefined)
      .finally(() => {
        busy.current = false
        setRunning(false)
      })
  }, [])
  return { run, running }
}
