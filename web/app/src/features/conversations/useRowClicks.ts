import { useCallback, type MouseEvent } from 'react'
import { useNavigate } from 'react-router'

/** Rows are plain links, which the list follows without loading the page: one listener for all of them. */
export function useRowClicks(): (event: MouseEvent) => void {
  const navigate = useNavigate()
  return useCallback(
    (event) => {
      // What opens another tab, or saves, is the browser's.
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      const to = (event.target as Element).closest('a[data-conversation-id]')?.getAttribute('href')
      if (!to) return
      event.preventDefault()
      void navigate(to, { replace: to === window.location.pathname + window.location.search })
    },
    [navigate],
  )
}
