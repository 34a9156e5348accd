import type { Conversation } from '@/lib/types'

/**
 * What the gutter of a row says: how many messages wait to be read, that our
 * reply failed, that the customer spoke last, or nothing: it is their turn.
 */
type Gutter = 'unread' | 'failed' | 'waiting' | 'none'

export function gutter({ unreadCount, lastMessage, status }: Conversation): Gutter {
  if (unreadCount > 0) return 'unread'
  if (lastMessage?.status === 'failed') return 'failed'
  return lastMessage?.direction === 'inbound' && status === 'active' ? 'waiting' : 'none'
}
