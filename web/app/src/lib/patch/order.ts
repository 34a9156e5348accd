import type { Conversation, ConversationFilter, ConversationSort } from '../types'

/** Where a conversation stands in a list: compared part by part, most first. */
export type SortKey = readonly (string | number)[]

/** The server's order: ties of each sort are broken the same way there. */
export function sortKey(conversation: Conversation, sort: ConversationSort = 'lastActivity'): SortKey {
  switch (sort) {
    case 'lastActivity':
      return [conversation.lastActivityAt, conversation.id]
    case 'createdAt':
      return [conversation.createdAt, conversation.id]
    case 'unread':
      return [conversation.unreadCount, conversation.lastActivityAt, conversation.id]
  }
}

/** Negative when `a` stands before `b`. Times are of one fixed form, so text order is time order. */
export function compareKeys(a: SortKey, b: SortKey): number {
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? ''
    const y = b[i] ?? ''
    if (x !== y) return x > y ? -1 : 1
  }
  return 0
}

/** Whether the server would list the conversation under the filter, for the user `me`. */
export function matches(conversation: Conversation, filter: ConversationFilter, me: string): boolean {
  if (filter.status && conversation.status !== filter.status) return false
  if (filter.assignee === 'unassigned' && conversation.assignee) return false
  if (filter.assignee && filter.assignee !== 'unassigned') {
    const wanted = filter.assignee === 'me' ? me : filter.assignee
    if (conversation.assignee?.id !== wanted) return false
  }
  if (!filter.search) return true
  const search = filter.search.toLowerCase()
  const { name, waId } = conversation.contact
  return name.toLowerCase().includes(search) || (waId ?? '').includes(search)
}
