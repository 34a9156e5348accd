import { useEffect, useEffectEvent } from 'react'
import { useNavigate } from 'react-router'
import { usePortal } from '@/contexts/SyncContext'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import type { Conversation } from '@/lib/types'
import { Alerter } from '@/services/alerter'
import { unlockChime } from '@/services/chime'
import { preferences } from './usePreferences'

function isSeen(conversationId: string): boolean {
  const shown = location.pathname === `/conversations/${encodeURIComponent(conversationId)}`
  return shown && document.visibilityState === 'visible' && document.hasFocus()
}

/** Plays the sound and shows desktop notifications by the person's choice; one tab speaks for all. */
export function useAlerts(): void {
  const { socket, user } = usePortal()
  const navigate = useNavigate()
  const { t } = useI18n()
  const nameOf = useEffectEvent(({ contact }: Conversation) => contactName(contact, t))
  const open = useEffectEvent((id: string) => void navigate(`/conversations/${id}`))
  useEffect(() => unlockChime(), [])
  useEffect(() => {
    const alerter = new Alerter({ me: user.id, settings: preferences, isSeen, nameOf: (conversation) => nameOf(conversation), open: (id) => open(id) })
    const stops = [
      socket.on('conversation:new', ({ conversation, seq }) => alerter.heard(conversation, seq)),
      socket.on('conversation:updated', ({ conversation, seq, reason }) => {
        if (reason === 'message' && conversation.lastMessage?.direction === 'inbound') alerter.heard(conversation, seq)
      }),
    ]
    return () => {
      for (const stop of stops) stop()
      alerter.stop()
    }
  }, [socket, user])
}
