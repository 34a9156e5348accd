import type { Message } from '@/lib/types'

/** When the message reached the status that it has; null where that isn't recorded. */
export function reachedAt({ status, createdAt, sentAt, deliveredAt, readAt }: Message): string | null {
  switch (status) {
    case 'sent':
      return sentAt
    case 'delivered':
      return deliveredAt
    case 'read':
      return readAt
    case 'failed':
      return null
    case 'queued':
    case 'received':
      return createdAt
  }
}
