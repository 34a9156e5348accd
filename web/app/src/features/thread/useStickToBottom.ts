import { useCallback, useEffect, useRef, useState } from 'react'

/** Nearer than this counts as the bottom, in px. */
const NEAR = 32
/** Less than this upwards is rounding, in px. */
const MOVED = 4
/** While the content grew this lately, the list may move itself: only a person's input counts as a move. */
const QUIET_MS = 500
/** A scroll this soon after an input comes from it. */
const INPUT_MS = 1000

const inputs = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

interface StickToBottom {
  /** The thread follows what comes; only a move upwards ends that. */
  stuck: boolean
  toBottom: () => void
  scrollerRef: (scroller: HTMLElement | Window | null) => void
  /** To be called when the content's height may have changed. */
  onGrowth: () => void
}

/**
 * Keeps a scroller at its bottom, however fast it grows, until it is moved up;
 * at the bottom again it follows again. Growth alone never lets go: messages
 * that come in a burst, or while the thread opens, must not strand the reader.
 */
export function useStickToBottom(): StickToBottom {
  const [stuck, setStuck] = useState(true)
  const follows = useRef(true)
  const scroller = useRef<HTMLElement | null>(null)
  const release = useRef<() => void>(undefined)

  const grownAt = useRef(0)
  const frame = useRef(0)

  const toEnd = useCallback(() => {
    const element = scroller.current
    if (follows.current && element) element.scrollTop = element.scrollHeight
  }, [])
  // Once now, so that nothing is seen out of place, and once when all has its height.
  const onGrowth = useCallback(() => {
    grownAt.current = performance.now()
    toEnd()
    cancelAnimationFrame(frame.current)
    frame.current = requestAnimationFrame(toEnd)
  }, [toEnd])

  const follow = useCallback((wanted: boolean) => {
    follows.current = wanted
    setStuck(wanted)
  }, [])

  const scrollerRef = useCallback(
    (element: HTMLElement | Window | null) => {
      release.current?.()
      release.current = undefined
      scroller.current = element instanceof HTMLElement ? element : null
      if (scroller.current) {
        release.current = watch(scroller.current, { follow, toEnd, grownAt: () => grownAt.current })
      }
    },
    [follow, toEnd],
  )
  useEffect(() => () => release.current?.(), [])

  const toBottom = useCallback(() => {
    follow(true)
    onGrowth()
  }, [follow, onGrowth])

  return { stuck, toBottom, scrollerRef, onGrowth }
}

interface Watcher {
  follow: (wanted: boolean) => void
  /** To the bottom, if it follows. */
  toEnd: () => void
  grownAt: () => number
}

function watch(element: HTMLElement, { follow, toEnd, grownAt }: Watcher): () => void {
  let inputAt = -Infinity
  let { scrollTop: top, scrollHeight: height } = element

  const onInput = () => {
    inputAt = performance.now()
  }
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = element
    const now = performance.now()
    const isNear = scrollHeight - clientHeight - scrollTop <= NEAR
    const movedUp = scrollTop < top - MOVED && scrollHeight >= height
    const meant = now - inputAt < INPUT_MS || now - grownAt() > QUIET_MS
    top = scrollTop
    height = scrollHeight
    if (isNear) follow(true)
    else if (movedUp && meant) follow(false)
    else requestAnimationFrame(toEnd)
  }
  // The box's own height counts too: the composer grows, a phone's keyboard opens.
  const resized = new ResizeObserver(toEnd)

  element.addEventListener('scroll', onScroll, { passive: true })
  for (const input of inputs) element.addEventListener(input, onInput, { passive: true })
  resized.observe(element)
  return () => {
    element.removeEventListener('scroll', onScroll)
    for (const input of inputs) element.removeEventListener(input, onInput)
    resized.disconnect()
  }
}
