import { useState } from 'react'
import { useAuth } from '@/contexts/AuthContext'
import { useConversationActions } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'
import { ApiError } from '@/lib/api'
import { contactName } from '@/lib/contactName'
import { describeError } from '@/lib/describeError'
import type { Conversation, ConversationStatus } from '@/lib/types'
import { listQuery } from '@/lib/views'

/** Why an action wasn't done; it stands where the action was, until the next one. */
interface Fault {
  text: string
  /** Where the contact's newer conversation is found. */
  newer?: string
}

/** What one can do with a conversation, and what became of the last try. */
export function useThreadActions(conversation: Conversation) {
  const { t } = useI18n()
  const { user } = useAuth()
  const actions = useConversationActions(conversation.id)
  const [fault, setFault] = useState<Fault | null>(null)

  const attempt = async (action: Promise<unknown>, explain: (error: ApiError) => Fault) => {
    setFault(null)
    try {
      await action
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setFault(explain(error))
    }
  }
  const say = (error: ApiError): Fault => ({ text: t('error.notDone', { reason: describeError(error, t) }) })

  const assign = (userId: string | null) => void attempt(actions.assign(userId), say)
  const setStatus = (status: ConversationStatus) =>
    void attempt(actions.setStatus(status), (error) => {
      if (status !== 'active' || error.status !== 409) return say(error)
      const { contact } = conversation
      const name = contactName(contact, t)
      const newer = `/conversations${listQuery({ view: 'active', sort: 'lastActivity', search: contact.waId ?? contact.name })}`
      return { text: t('action.newer', { name }), newer }
    })

  return {
    fault,
    assign,
    assignToMe: () => user && conversation.assignee?.id !== user.id && assign(user.id),
    reopen: () => setStatus('active'),
    toggleClosed: () => setStatus(conversation.status === 'closed' ? 'active' : 'closed'),
  }
}
