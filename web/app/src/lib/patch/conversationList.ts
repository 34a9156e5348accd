import type { Conversation, ConversationFilter, ConversationPage } from '../types'
import { ListEditor } from './listEditor'
import { compareKeys, sortKey, type SortKey } from './order'

/** The loaded part of a list, from its top down to `bound`. */
export interface ListData {
  conversations: Conversation[]
  nextCursor: string | null
  /** The sort position of the last row that was loaded; null when all are. */
  bound: SortKey | null
  /** Events up to here are in it. */
  seq: number
  /** Events may have been missed; a reload is under way. */
  stale?: boolean
}

/** A list's filter, and who `me` is in it. */
export interface ListScope {
  filter: ConversationFilter
  me: string
}

export const emptyList: ListData = { conversations: [], nextCursor: null, bound: null, seq: 0 }

/** Keeps the old object where nothing changed, so that its row isn't drawn again. */
function reuse(fresh: Conversation[], known: ReadonlyMap<string, Conversation>): Conversation[] {
  return fresh.map((conversation) => {
    const old = known.get(conversation.id)
    return old && old.version === conversation.version ? old : conversation
  })
}

const byId = (conversations: Conversation[]) => new Map(conversations.map((c) => [c.id, c]))

/** The top of a list as the server answered it; objects that didn't change are kept from `previous`. */
export function listFromPage(page: ConversationPage, { filter }: ListScope, previous?: ListData): ListData {
  const conversations = previous ? reuse(page.conversations, byId(previous.conversations)) : page.conversations
  const last = conversations.at(-1)
  return {
    conversations,
    nextCursor: page.nextCursor,
    bound: page.nextCursor && last ? sortKey(last, filter.sort) : null,
    seq: page.seq,
  }
}

/** Adds the next page. Of two copies of a conversation the higher version stays. */
export function appendPage(list: ListData, page: ConversationPage, scope: ListScope): ListData {
  const { sort } = scope.filter
  const all = byId(list.conversations)
  for (const conversation of page.conversations) {
    const known = all.get(conversation.id)
    if (!known || known.version < conversation.version) all.set(conversation.id, conversation)
  }
  const last = page.conversations.at(-1)
  return {
    ...list,
    conversations: [...all.values()].sort((a, b) => compareKeys(sortKey(a, sort), sortKey(b, sort))),
    nextCursor: page.nextCursor,
    bound: page.nextCursor && last ? sortKey(last, sort) : null,
    // The rows above may lack what the page already has.
    seq: Math.min(list.seq, page.seq),
  }
}

/**
 * Takes over a newer copy of a conversation: changes, moves, adds or removes its
 * row. An older or equal copy changes nothing and gives the same object.
 */
export function placeConversation(list: ListData, conversation: Conversation, scope: ListScope): ListData {
  const editor = new ListEditor(list, scope)
  editor.place(conversation)
  return editor.result()
}

/** The same for an event, which is ignored where the list already reflects it. */
export function applyToList(list: ListData, conversation: Conversation, seq: number, scope: ListScope): ListData {
  const editor = new ListEditor(list, scope)
  editor.apply(conversation, seq)
  return editor.result()
}
