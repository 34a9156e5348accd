import { describe, expect, test } from 'vitest'
import { at, conversation, page } from '@/test/fixtures'
import { Random } from '@/test/random'
import type { Conversation, ConversationFilter } from '../types'
import { listFromPage, type ListScope } from './conversationList'
import { ListEditor } from './listEditor'
import { compareKeys, matches, sortKey } from './order'

const FILTERS: ConversationFilter[] = [{}, { status: 'active', sort: 'unread' }, { assignee: 'me' }, { search: '1', sort: 'createdAt' }]

/** What the rows must be: all that match, above the bound, in order. */
function expected(all: Iterable<Conversation>, { filter, me }: ListScope, bound: ReturnType<typeof sortKey> | null): Conversation[] {
  const key = (c: Conversation) => sortKey(c, filter.sort)
  return [...all]
    .filter((c) => matches(c, filter, me) && (bound === null || compareKeys(key(c), bound) <= 0))
    .sort((a, b) => compareKeys(key(a), key(b)))
}

function someChange(random: Random, version: number): Conversation {
  return conversation(`c${random.below(40)}`, version, {
    status: random.pick(['active', 'closed'] as const),
    assignee: random.pick([null, { id: 'ann', name: 'Ann' }, { id: 'ben', name: 'Ben' }]),
    unreadCount: random.below(4),
    lastActivityAt: at(random.below(60)),
  })
}

describe('PAGE-40 a burst of changes on a list', () => {
  for (let seed = 1; seed <= 30; seed++) {
    test(`gives the rows that the same changes give one by one, in one pass (seed ${seed})`, () => {
      const random = new Random(seed)
      const scope: ListScope = { filter: random.pick(FILTERS), me: 'ann' }
      const known = new Map<string, Conversation>()
      let seq = 0
      for (let i = 0; i < 30; i++) {
        const c = someChange(random, ++seq)
        known.set(c.id, c)
      }
      const rows = expected(known.values(), scope, null)
      const loaded = random.chance(0.5) ? rows.slice(0, Math.ceil(rows.length / 2)) : rows
      let list = listFromPage(page(loaded, seq, { nextCursor: loaded.length < rows.length ? 'more' : null }), scope)
      for (let burst = 0; burst < 12; burst++) {
        const editor = new ListEditor(list, scope)
        for (let i = 0; i < random.below(25); i++) {
          const c = someChange(random, ++seq)
          known.set(c.id, c)
          editor.apply(c, seq)
        }
        list = editor.result()
        expect(list.conversations).toEqual(expected(known.values(), scope, list.bound))
      }
    })
  }

  test('leaves the rows that did not change as they are, and the list too where none did', () => {
    const scope: ListScope = { filter: {}, me: 'ann' }
    const list = listFromPage(page([conversation('b', 2), conversation('a', 1)], 2), scope)
    const idle = new ListEditor(list, scope)
    idle.apply(conversation('a', 1), 2)
    expect(idle.result()).toBe(list)
    const editor = new ListEditor(list, scope)
    editor.apply(conversation('a', 3, { lastActivityAt: at(9) }), 3)
    expect(editor.result().conversations[1]).toBe(list.conversations[0])
    expect(editor.find('a')?.version).toBe(3)
  })
})
