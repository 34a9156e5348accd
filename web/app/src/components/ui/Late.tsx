import { useEffect, useState, type ReactNode } from 'react'

/** Shows its children after 200 ms: what loads faster needs no skeleton. */
export function Late({ children }: { children: ReactNode }) {
  const [due, setDue] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), 200)
    return () => clearTimeout(timer)
  }, [])
  return due ? children : null
}
