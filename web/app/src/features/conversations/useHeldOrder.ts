import { useState } from 'react'
import type { Conversation } from '@/lib/types'

/**
 * The order is live, except between pointer-down and pointer-up: then rows keep
 * their places, so that no click lands on another row. What the rows say stays live.
 */
export function useHeldOrder(conversations: Conversation[]) {
  const [held, setHeld] = useState<string[] | null>(null)

  const hold = () => {
    setHeld(conversations.map(({ id }) => id))
    const release = () => {
      // The click comes after pointer-up: the rows move only once it has landed.
      setTimeout(() => setHeld(null), 0)
      for (const end of ends) window.removeEventListener(end, release)
    }
    for (const end of ends) window.addEventListener(end, release)
  }

  return { shown: held ? inOrder(conversations, held) : conversations, hold }
}

const ends = ['pointerup', 'pointercancel', 'blur'] as const

/** Those of `order` in that order; newcomers wait below. */
function inOrder(conversations: Conversation[], order: string[]): Conversation[] {
  const byId = new Map(conversations.map((conversation) => [conversation.id, conversation]))
  const kept = order.flatMap((id) => {
    const conversation = byId.get(id)
    byId.delete(id)
    return conversation ? [conversation] : []
  })
  return [...kept, ...byId.values()]
}
