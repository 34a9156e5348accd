import { useEffect, useEffectEvent, useRef } from 'react'
import { useNavigate } from 'react-router'
import { usePortal } from '@/contexts/SyncContext'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import { oneLine } from '@/lib/messageText'
import type { Conversation } from '@/lib/types'
import { conversationPath } from '@/lib/views'
import { Alerter } from '@/services/alerter'
import { unlockChime } from '@/services/chime'
import { preferences } from './usePreferences'
import { useSocketEvent } from './useSocket'

function isSeen(conversationId: string): boolean {
  return location.pathname === conversationPath(conversationId) && document.visibilityState === 'visible' && document.hasFocus()
}

/** Plays the sound and shows desktop notifications by the person's choice; one tab speaks for all. */
export function useAlerts(): void {
  const { user } = usePortal()
  const navigate = useNavigate()
  const { t } = useI18n()
  const alerter = useRef<Alerter>(null)
  const wordsOf = useEffectEvent(({ contact, lastMessage }: Conversation) => ({
    title: contactName(contact, t),
    body: lastMessage ? oneLine(lastMessage, t) : '',
  }))
  const open = useEffectEvent((id: string) => void navigate(conversationPath(id)))
  useEffect(() => unlockChime(), [])
  useEffect(() => {
    const made = new Alerter({ me: user.id, settings: preferences, isSeen, wordsOf: (conversation) => wordsOf(conversation), open: (id) => open(id) })
    alerter.current = made
    return () => made.stop()
  }, [user])
  useSocketEvent('conversation:new', ({ conversation, seq }) => alerter.current?.heard(conversation, seq))
  useSocketEvent('conversation:updated', ({ conversation, seq, reason }) => {
    if (reason === 'message' && conversation.lastMessage?.direction === 'inbound') alerter.current?.heard(conversation, seq)
  })
}
