import { useState } from 'react'
import type { Row, Separator } from './rows'

/** So many rows stand in the page while one reads at the bottom. */
const TAIL = 300
/** So many more appear at a time when one reads upwards. */
const STEP = 100

interface ShownRows {
  shown: Row[]
  /** Rows that are loaded and not in the page. */
  hidden: number
  /** Puts more of them into the page. */
  reveal: () => void
}

/**
 * Keeps a long thread light: the page holds its end, and what one has read up
 * to. Back at the bottom, what stands far above leaves the page again.
 */
export function useShownRows(rows: Row[], stuck: boolean): ShownRows {
  const [from, setFrom] = useState<string | null>(null)
  const tail = Math.max(0, rows.length - TAIL)
  const first = rows[tail]?.key
  if (stuck ? from !== null : from === null && first !== undefined) setFrom(stuck ? null : (first ?? null))

  const found = from === null ? -1 : rows.findIndex(({ key }) => key === from)
  const start = found < 0 ? tail : found
  return {
    shown: start === 0 ? rows : beginning(rows.slice(start)),
    hidden: start,
    reveal: () => setFrom(rows[Math.max(0, start - STEP)]?.key ?? null),
  }
}

/**
 * The first row says its day and its author, whatever stands hidden before it:
 * so that rows that have just come look the same until they are shown.
 */
function beginning([first, ...others]: Row[]): Row[] {
  if (!first) return others
  const day: Separator = { kind: 'day', at: first.message.createdAt }
  const before = first.before.some(({ kind }) => kind === 'day') ? first.before : [day, ...first.before]
  return [{ ...first, before, startsGroup: true }, ...others]
}
