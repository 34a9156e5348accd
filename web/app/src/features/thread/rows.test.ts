import { describe, expect, test } from 'vitest'
import { message } from '@/test/fixtures'
import type { ThreadMessage } from '@/lib/types'
import { buildRows, findMarker, type ThreadEvent } from './rows'
import { splitLinks } from './splitLinks'

/** Noon of a day, on the reader's own clock. */
const at = (minute: number, day = 5) => new Date(2026, 0, day, 12, minute).toISOString()

function wrote(id: string, seq: number, minute: number, change: Partial<ThreadMessage> = {}): ThreadMessage {
  return message(id, seq, { createdAt: at(minute), status: 'sent', ...change })
}

const inbound = (id: string, seq: number, minute: number) =>
  wrote(id, seq, minute, { direction: 'inbound', status: 'received', clientId: null, author: { type: 'customer', id: 'k', name: 'Amira' } })

/** Groups as words: messages of one stand together. */
function groups(messages: ThreadMessage[], events: ThreadEvent[] = []): string {
  const { rows } = buildRows(messages, events, null)
  return rows.map(({ message: { id }, startsGroup, endsGroup }) => `${startsGroup ? '(' : ''}${id}${endsGroup ? ')' : ''}`).join(' ')
}

describe('PAGE-24 a thread in groups', () => {
  test('of one author within five minutes', () => {
    expect(groups([wrote('a', 1, 0), wrote('b', 2, 5), wrote('c', 3, 11)])).toBe('(a b) (c)')
  })

  test('broken by another author, on either side', () => {
    const ben = wrote('b', 2, 1, { author: { type: 'agent', id: 'ben', name: 'Ben' } })
    expect(groups([wrote('a', 1, 0), ben, inbound('c', 3, 1), inbound('d', 4, 2)])).toBe('(a) (b) (c d)')
  })

  test('broken after a failed one, which keeps its reason beneath it', () => {
    expect(groups([wrote('a', 1, 0, { status: 'failed' }), wrote('b', 2, 1)])).toBe('(a) (b)')
  })

  test('with a separator for each day, and for what happened, at its place in the log', () => {
    const events: ThreadEvent[] = [{ kind: 'closed', seq: 9, at: at(3) }, { kind: 'assigned', seq: 2, at: at(1), assignee: null }]
    const { rows, after } = buildRows([wrote('a', 1, 0), wrote('b', 3, 1), wrote('c', 4, 0, { createdAt: at(0, 6) })], events, null)
    expect(rows.map(({ before }) => before.map(({ kind }) => kind))).toEqual([['day'], ['event'], ['day']])
    expect(after).toMatchObject([{ kind: 'event', event: { kind: 'closed' } }])
  })

  test('the new ones begin at the first that nobody had looked at', () => {
    const messages = [inbound('a', 1, 0), wrote('b', 2, 1), inbound('c', 3, 2), inbound('d', 4, 3)]
    expect(findMarker(messages, 2)).toEqual({ key: 'c', count: 2 })
    expect(findMarker(messages, 0)).toBeNull()
    expect(findMarker(messages, 9)).toEqual({ key: 'a', count: 3 })
  })
})

describe('PAGE-28 a text', () => {
  test('is text; addresses of the web become links, without what ends the sentence', () => {
    expect(splitLinks('See https://a.example/x(1), or www.b.example.')).toEqual([
      { text: 'See ' },
      { text: 'https://a.example/x(1)', href: 'https://a.example/x(1)' },
      { text: ', or ' },
      { text: 'www.b.example', href: 'https://www.b.example' },
      { text: '.' },
    ])
  })

  test('with another scheme or markup stays text', () => {
    for (const text of ['javascript:alert(1)', '<b>bold</b>', 'data:text/html,x', 'file:///etc/passwd']) {
      expect(splitLinks(text)).toEqual([{ text }])
    }
  })
})
