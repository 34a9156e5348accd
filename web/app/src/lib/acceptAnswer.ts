/**
 * What the answers of writes bring into the cache. Where the change makes an
 * event too, both go by the same patchers: whichever comes second changes nothing.
 */
import type { QueryClient } from '@tanstack/react-query'
import { applyToConversation, type ConversationData } from './patch/conversation'
import { placeConversation, type ListData } from './patch/conversationList'
import { placeMessage, type ThreadData } from './patch/thread'
import { queryKeys } from './queryKeys'
import type { DeadLetter, WhatsAppChannel } from './settingsTypes'
import type { Conversation, ConversationFilter, Message, UserSummary } from './types'

/**
 * The server took a message. The thread's position stays: events before this
 * one may still be on their way.
 */
export function acceptMessage(client: QueryClient, message: Message): void {
  client.setQueryData<ThreadData>(queryKeys.conversations.messages(message.conversationId), (thread) => {
    if (!thread) return thread
    const patched = placeMessage(thread, message)
    return patched === thread ? thread : { ...patched, seq: thread.seq }
  })
}

/** The server changed a conversation. The counters aren't touched: how they moved only its event tells. */
export function acceptConversation(client: QueryClient, conversation: Conversation, me: string): void {
  client.setQueryData<ConversationData>(
    queryKeys.conversations.detail(conversation.id),
    (data) => data && applyToConversation(data, conversation),
  )
  for (const [key, list] of client.getQueriesData<ListData>({ queryKey: queryKeys.conversations.lists })) {
    // What the list was loaded after, it reflects, even by not having the row.
    if (!list || list.seq >= conversation.version) continue
    const patched = placeConversation(list, conversation, { filter: key[2] as ConversationFilter, me })
    if (patched !== list) client.setQueryData(key, patched)
  }
}

export function acceptChannel(client: QueryClient, channel: WhatsAppChannel): void {
  client.setQueryData(queryKeys.settings.channel, channel)
}

export function acceptUser(client: QueryClient, user: UserSummary): void {
  client.setQueryData<UserSummary[]>(queryKeys.users, (users = []) =>
    [...users.filter(({ id }) => id !== user.id), user].sort((a, b) => a.name.localeCompare(b.name)),
  )
}

export function dropLetter(client: QueryClient, gone: DeadLetter): void {
  client.setQueryData<DeadLetter[]>(queryKeys.settings.deadLetters, (letters = []) =>
    letters.filter(({ queue, key }) => queue !== gone.queue || key !== gone.key),
  )
}
