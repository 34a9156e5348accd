import { useEffect, useEffectEvent, useRef } from 'react'
import type { ConversationList } from '@/hooks/useConversations'

/** So many rows are too many to hold for who reads at the top. */
const LONG = 1000
/** One reads at the top while the last row in sight is above this one. */
const TOP = 100
/** After so long there: one may only have looked up for a moment. */
const REST_MS = 60_000

/**
 * A list that was scrolled through once, or that grows all day, doesn't keep all
 * its rows: who reads at its top needs the top. Below what is seen nothing jumps.
 */
export function useShortList({ conversations, shorten }: ConversationList, lastSeen: number): void {
  const atTop = useRef(true)
  useEffect(() => {
    atTop.current = lastSeen < TOP
  })
  const letGo = useEffectEvent(() => shorten(() => atTop.current))
  const long = conversations.length > LONG && lastSeen < TOP
  useEffect(() => {
    if (!long) return
    const timer = setInterval(() => letGo(), REST_MS)
    return () => clearInterval(timer)
  }, [long])
}
