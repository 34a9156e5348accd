import { useEffect, useRef, useState } from 'react'

/** A value that changes at most once in `quietMs`; the first change after a quiet time is immediate. */
export function useCalm<T>(value: T, quietMs: number): T {
  const [calm, setCalm] = useState(value)
  const changedAt = useRef(0)

  useEffect(() => {
    if (Object.is(value, calm)) return
    const wait = Math.max(0, changedAt.current + quietMs - Date.now())
    const timer = setTimeout(() => {
      changedAt.current = Date.now()
      setCalm(value)
    }, wait)
    return () => clearTimeout(timer)
  }, [value, calm, quietMs])

  return calm
}
