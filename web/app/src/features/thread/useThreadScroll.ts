import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

/** Nearer than this counts as the bottom, in px. */
const NEAR = 32
/** Less than this upwards is rounding, in px. */
const MOVED = 4
/** So far from the top, what stands above is fetched. */
const AHEAD = 1200

/** Where what is read stood on screen when last looked at. */
interface Anchor {
  part: Element
  bottom: number
}

interface ThreadScroll {
  scroller: RefObject<HTMLDivElement | null>
  /** Holds the rows, one element each. */
  content: RefObject<HTMLDivElement | null>
  /** The thread follows what comes; only a move upwards ends that. */
  stuck: boolean
  /** Older rows will be wanted soon. */
  nearTop: boolean
  /** Puts the position right; to be called when other rows are drawn. */
  settle: () => void
  toBottom: () => void
}

/**
 * Holds the reading position. At the bottom the thread stays at the bottom,
 * however fast it grows; elsewhere the first row in sight stays where it is,
 * whatever is put before it or changes its height.
 */
export function useThreadScroll(): ThreadScroll {
  const [stuck, setStuck] = useState(true)
  const [nearTop, setNearTop] = useState(false)
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const anchor = useRef<Anchor | null>(null)

  const note = useCallback((element: HTMLElement) => {
    anchor.current = firstInSight(element, content.current)
    setNearTop(element.scrollTop < AHEAD)
  }, [])

  const settle = useCallback(() => {
    const element = scroller.current
    if (!element) return
    if (follows.current) element.scrollTop = element.scrollHeight
    else if (anchor.current?.part.isConnected) {
      element.scrollTop += anchor.current.part.getBoundingClientRect().bottom - anchor.current.bottom
    }
    note(element)
  }, [note])

  const follow = useCallback((wanted: boolean) => {
    follows.current = wanted
    setStuck(wanted)
  }, [])

  useEffect(() => {
    const element = scroller.current
    if (!element || !content.current) return
    let { scrollTop: top } = element
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element
      const isNear = scrollHeight - clientHeight - scrollTop <= NEAR
      const movedUp = scrollTop < top - MOVED
      top = scrollTop
      if (isNear) follow(true)
      else if (movedUp) follow(false)
      note(element)
    }
    // Rows change their height, the composer grows, a phone's keyboard opens.
    const resized = new ResizeObserver(settle)
    element.addEventListener('scroll', onScroll, { passive: true })
    resized.observe(element)
    resized.observe(content.current)
    return () => {
      element.removeEventListener('scroll', onScroll)
      resized.disconnect()
    }
  }, [follow, note, settle])

  const toBottom = useCallback(() => {
    follow(true)
    settle()
  }, [follow, settle])

  return { scroller, content, stuck, nearTop, settle, toBottom }
}

/** By halving: the first row that reaches below the scroller's upper edge. */
function firstInSight(scroller: HTMLElement, content: HTMLElement | null): Anchor | null {
  const rows = content?.children
  if (!rows) return null
  const edge = scroller.getBoundingClientRect().top
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) <= edge) low = middle + 1
    else high = middle
  }
  const row = rows[low]
  if (!row) return null
  // Not the row: the day, the author's name and the gap above a text go when older ones come before it.
  const part = row.querySelector('article')?.firstElementChild ?? row
  return { part, bottom: part.getBoundingClientRect().bottom }
}
