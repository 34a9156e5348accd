import { useLayoutEffect, useRef, type RefObject } from 'react'
import type { Conversation } from '@/lib/types'

/** So many rows from the first in sight one is looked for that stayed as it was. */
const LOOKED_AT = 40

/**
 * Who has scrolled down reads on where they are while rows come and go above:
 * the first row in sight that didn't change keeps its place on screen. At the
 * top the newest comes into sight.
 */
export function useHeldPlace(scroller: RefObject<HTMLElement | null>, shown: Conversation[], rowHeight: number): void {
  const before = useRef(shown)
  useLayoutEffect(() => {
    const old = before.current
    before.current = shown
    const element = scroller.current
    if (!element || old === shown || element.scrollTop === 0) return
    const first = Math.floor(element.scrollTop / rowHeight)
    for (let at = first; at < first + LOOKED_AT; at++) {
      const row = old[at]
      const now = row ? shown.indexOf(row) : -1
      if (now < 0) continue
      if (now !== at) element.scrollBy(0, (now - at) * rowHeight)
      return
    }
  }, [scroller, shown, rowHeight])
}
