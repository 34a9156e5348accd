import { useEffect, useRef, useState, type RefObject } from 'react'
import { useKeys } from '@/hooks/useKeys'
import type { Conversation } from '@/lib/types'

interface RowKeys {
  shown: Conversation[]
  selectedId?: string
  frame: RefObject<HTMLElement | null>
  /** Brings a row into sight, and so into the page. */
  reveal: (index: number) => void
}

/**
 * j and k (and the arrows, inside the list) move the focus from row to row;
 * Enter then opens, as the row is a link. Answers with the row that holds it.
 */
export function useRowKeys({ shown, selectedId, frame, reveal }: RowKeys): string | undefined {
  const [focusedId, setFocusedId] = useState<string>()
  const place = useRef(0)

  const move = (step: 1 | -1) => {
    const at = shown.findIndex(({ id }) => id === (focusedId ?? selectedId))
    // Where the row has gone, the next one stands in its place.
    const wanted = at >= 0 ? at + step : step > 0 ? place.current : place.current - 1
    const next = Math.min(Math.max(wanted, 0), shown.length - 1)
    const id = shown[next]?.id
    if (id === undefined) return
    setFocusedId(id)
    reveal(next)
    focusRow(frame, id)
  }

  useKeys({ j: () => move(1), k: () => move(-1) })

  useEffect(() => {
    const at = shown.findIndex(({ id }) => id === (focusedId ?? selectedId))
    if (at >= 0) place.current = at
  }, [shown, focusedId, selectedId])

  useEffect(() => {
    const list = frame.current
    if (!list) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
      event.preventDefault()
      move(event.key === 'ArrowDown' ? 1 : -1)
    }
    const onFocusOut = (event: FocusEvent) => {
      if (!list.contains(event.relatedTarget as Node | null)) setFocusedId(undefined)
    }
    list.addEventListener('keydown', onKeyDown)
    list.addEventListener('focusout', onFocusOut)
    return () => {
      list.removeEventListener('keydown', onKeyDown)
      list.removeEventListener('focusout', onFocusOut)
    }
  })

  return focusedId
}

/** A row that was out of sight comes into the page a frame or two later. */
const FRAMES = 5

function focusRow(frame: RefObject<HTMLElement | null>, id: string, frames = FRAMES): void {
  const row = frame.current?.querySelector<HTMLElement>(`[data-conversation-id="${CSS.escape(id)}"]`)
  if (row) row.focus({ preventScroll: true })
  else if (frames > 0) requestAnimationFrame(() => focusRow(frame, id, frames - 1))
}
