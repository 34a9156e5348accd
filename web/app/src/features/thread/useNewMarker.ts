import { useState } from 'react'
import { useAttention } from '@/hooks/useAttention'
import type { ThreadMessage } from '@/lib/types'
import { findMarker, messageKey, type NewMarker } from './rows'

interface NewMarkerInput {
  messages: ThreadMessage[]
  loaded: boolean
  unread: number
  atBottom: boolean
}

/**
 * Where the new messages begin: as it was when the thread was opened, or from
 * the first one that came while nobody looked. It stays until one leaves.
 */
export function useNewMarker({ messages, loaded, unread, atBottom }: NewMarkerInput): NewMarker | null {
  const looked = useAttention() && atBottom
  const [marker, setMarker] = useState<NewMarker | null | undefined>(undefined)

  if (loaded && marker === undefined) {
    setMarker(findMarker(messages, unread))
  } else if (marker === null && unread > 0 && !looked) {
    const found = findMarker(messages, unread)
    if (found) setMarker(found)
  } else if (marker && unread > 0) {
    const count = countFrom(messages, marker.key)
    if (count !== marker.count) setMarker({ ...marker, count })
  }
  return marker ?? null
}

function countFrom(messages: ThreadMessage[], key: string): number {
  const from = messages.findIndex((message) => messageKey(message) === key)
  return messages.slice(Math.max(from, 0)).filter(({ direction }) => direction === 'inbound').length
}
