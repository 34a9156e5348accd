import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'
import { usePreferences } from '@/hooks/usePreferences'
import type { Layout } from '@/hooks/useLayout'

export interface DetailsShown {
  /** The fourth column of a wide screen, or a drawer over the thread where there is no room for it. */
  form: 'panel' | 'drawer' | null
  /** They were opened with a control, and take the focus. */
  asked: boolean
  /** What opens them in the header. */
  control: RefObject<HTMLButtonElement | null>
  open: () => void
  close: () => void
}

/**
 * Whether the details are shown: the column until it is closed, for all
 * conversations; the drawer for a look. The focus goes back to where one opened them.
 */
export function useDetails(layout: Layout): DetailsShown {
  const { details: wanted, set } = usePreferences()
  const [drawer, setDrawer] = useState(false)
  const [asked, setAsked] = useState(false)
  const [left, setLeft] = useState(0)
  const control = useRef<HTMLButtonElement>(null)
  const message = useRef<HTMLElement | null>(null)
  const wide = layout === 'wide'

  const open = useCallback(() => {
    message.current = document.activeElement?.closest('article') ?? null
    // From a message one goes on to the next; what else opened them may be gone.
    setAsked(message.current === null)
    if (wide) set({ details: true })
    else setDrawer(true)
  }, [wide, set])

  const close = () => {
    setAsked(false)
    setLeft(left + 1)
    if (wide) set({ details: false })
    else setDrawer(false)
  }

  // Once they are gone, and the control that stands for them is there again.
  useEffect(() => {
    if (left === 0) return
    if (message.current?.isConnected) message.current.focus()
    else control.current?.focus()
  }, [left])

  return { form: wide ? (wanted ? 'panel' : null) : drawer ? 'drawer' : null, asked, control, open, close }
}
