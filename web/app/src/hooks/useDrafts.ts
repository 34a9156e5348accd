import { useCallback, useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { DraftMap } from '@/services/drafts'

/** What was begun in a conversation, kept over reloads. */
export function useDraft(id: string): [string, (text: string) => void] {
  const { drafts } = usePortal()
  const text = useSyncExternalStore(drafts.subscribe, useCallback(() => drafts.get(id), [drafts, id]))
  const setText = useCallback((next: string) => drafts.set(id, next), [drafts, id])
  return [text, setText]
}

/** Every kept draft, by conversation id. */
export function useDrafts(): DraftMap {
  const { drafts } = usePortal()
  return useSyncExternalStore(drafts.subscribe, drafts.snapshot)
}
