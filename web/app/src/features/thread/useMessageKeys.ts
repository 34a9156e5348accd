import { useCallback, type KeyboardEvent } from 'react'

/**
 * Messages are one stop of the Tab key. From there the arrows, Home and End go
 * from message to message, and Enter tells the times of the one that has the focus.
 */
export function useMessageKeys(onDetails: () => void): (event: KeyboardEvent<HTMLElement>) => void {
  return useCallback(
    (event) => {
      const message = event.target as HTMLElement
      if (message.tagName !== 'ARTICLE') return
      if (event.key === 'Enter') {
        // Else the same key would press what the details bring.
        event.preventDefault()
        return onDetails()
      }
      const all = [...event.currentTarget.querySelectorAll<HTMLElement>('article')]
      const next = target(event.key, all.indexOf(message), all.length)
      if (next === undefined) return
      event.preventDefault()
      all[next]?.focus({ preventScroll: true })
      all[next]?.scrollIntoView({ block: 'nearest' })
    },
    [onDetails],
  )
}

function target(key: string, at: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowUp':
      return Math.max(0, at - 1)
    case 'ArrowDown':
      return Math.min(length - 1, at + 1)
    case 'Home':
      return 0
    case 'End':
      return length - 1
  }
}
