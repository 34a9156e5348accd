import type { Conversation, ConversationAnswer } from '../types'

export interface ConversationData extends ConversationAnswer {
  /** Events may have been missed; a reload is under way. */
  stale?: boolean
}

/** A newer copy replaces; an older or equal one changes nothing. */
export function applyToConversation(data: ConversationData, conversation: Conversation): ConversationData {
  if (conversation.id !== data.conversation.id || conversation.version <= data.conversation.version) return data
  return { ...data, conversation, seq: Math.max(data.seq, conversation.version) }
}
