import { describe, expect, test } from 'vitest'
import { at, conversation, page } from '@/test/fixtures'
import { appendPage, applyToList, listFromPage, type ListScope } from './conversationList'

const all: ListScope = { filter: {}, me: 'ann' }
const ids = (list: { conversations: { id: string }[] }) => list.conversations.map((c) => c.id).join(' ')

describe('a list', () => {
  const list = listFromPage(page([conversation('c', 3), conversation('b', 2), conversation('a', 1)], 3), all)

  test('moves a row to where its sort says', () => {
    const next = applyToList(list, conversation('a', 4), 4, all)
    expect(ids(next)).toBe('a c b')
    expect(next.seq).toBe(4)
  })

  test('gives the same object for the same event again, an older one, and one that concerns no row of it', () => {
    const once = applyToList(list, conversation('a', 4), 4, all)
    expect(applyToList(once, conversation('a', 4), 4, all)).toBe(once)
    expect(applyToList(once, conversation('c', 2), 2, all)).toBe(once)
    expect(applyToList(list, conversation('x', 9, { lastActivityAt: at(0) }), 1, all)).toBe(list)
  })

  test('takes in what comes to match its filter and drops what ceases to', () => {
    const mine: ListScope = { filter: { status: 'active', assignee: 'me' }, me: 'ann' }
    const ann = { id: 'ann', name: 'Ann' }
    const empty = listFromPage(page([], 3), mine)
    const one = applyToList(empty, conversation('a', 4, { assignee: ann }), 4, mine)
    expect(ids(one)).toBe('a')
    expect(ids(applyToList(one, conversation('a', 5, { assignee: ann, status: 'closed' }), 5, mine))).toBe('')
    expect(ids(applyToList(one, conversation('a', 5, { assignee: { id: 'bob', name: 'Bob' } }), 5, mine))).toBe('')
  })

  test('finds a part of the name in any case, or of the number', () => {
    const row = conversation('a', 4, { contact: { id: 'k', waId: '4915112345', name: 'Zoë Müller' } })
    for (const [search, found] of [['mÜLL', 'a'], ['1512', ''], ['15112', 'a'], ['%', '']] as const) {
      const scope: ListScope = { filter: { search }, me: 'ann' }
      expect(ids(applyToList(listFromPage(page([], 3), scope), row, 4, scope))).toBe(found)
    }
  })

  test('sorted by unread, then by last activity', () => {
    const unread: ListScope = { filter: { sort: 'unread' }, me: 'ann' }
    const start = listFromPage(page([conversation('b', 2, { unreadCount: 2 }), conversation('a', 1)], 3), unread)
    expect(ids(applyToList(start, conversation('a', 4, { unreadCount: 2 }), 4, unread))).toBe('a b')
    expect(ids(applyToList(start, conversation('b', 4, { unreadCount: 0, lastActivityAt: at(0) }), 4, unread))).toBe('a b')
  })
})

describe('a list whose end is not loaded', () => {
  const first = listFromPage(page([conversation('d', 9), conversation('c', 8)], 9, { nextCursor: 'p2' }), all)

  test('leaves out what belongs below its last row', () => {
    expect(applyToList(first, conversation('a', 10, { lastActivityAt: at(7) }), 10, all)).toBe(first)
  })

  test('keeps its bound when the last row moves up: what comes above the bound is taken in', () => {
    const moved = applyToList(first, conversation('c', 10), 10, all)
    const between = applyToList(moved, conversation('b', 11, { lastActivityAt: at(8), id: 'z' }), 11, all)
    expect(ids(between)).toBe('c d z')
  })

  test('takes the next page without doubles; of two copies the newer one stays', () => {
    const moved = applyToList(first, conversation('b', 12), 12, all)
    const old = page([conversation('b', 7), conversation('a', 6)], 11)
    const next = appendPage(moved, old, all)
    expect(ids(next)).toBe('b d c a')
    expect(next.nextCursor).toBeNull()
    expect(next.bound).toBeNull()
  })
})

test('an answer keeps the objects that did not change', () => {
  const a = conversation('a', 1)
  const before = listFromPage(page([a], 3), all)
  const after = listFromPage(page([conversation('b', 4), conversation('a', 1)], 4), all, before)
  expect(after.conversations[1]).toBe(a)
})
