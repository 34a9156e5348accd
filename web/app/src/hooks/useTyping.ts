import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { Actor } from '@/lib/types'
import { TypingSender } from '@/services/typing'

export type Typist = Actor

export interface Typing {
  typists: Typist[]
  /** To be called with the box's text on every change. */
  onInput: (text: string) => void
  onBlur: () => void
  onSent: () => void
}

/** Both sides of typing in a conversation. */
export function useTyping(id: string): Typing {
  const { socket, rooms, user } = usePortal()
  const typists = useTypingFor(id)
  const sender = useMemo(
    () =>
      new TypingSender((event) => {
        // Only members of the room may tell, and viewers never.
        if (user.role !== 'viewer' && rooms.isJoined(id)) socket.emitVolatile(event, { conversationId: id })
      }),
    [socket, rooms, user, id],
  )
  useEffect(() => () => sender.stop(), [sender])
  return useMemo(
    () => ({
      typists,
      onInput: (text) => sender.input(text),
      onBlur: () => sender.stop(),
      onSent: () => sender.stop(),
    }),
    [typists, sender],
  )
}

/** Who types in a joined conversation, for its row in the list. */
export function useTypingFor(id: string): Typist[] {
  const { typing } = usePortal()
  return useSyncExternalStore(typing.subscribe, useCallback(() => typing.typists(id), [typing, id]))
}
