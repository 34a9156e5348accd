import { describe, expect, test } from 'vitest'
import { at, message, reported, wrote } from '@/test/fixtures'
import { applyToThread, prependPage, threadFromPage } from './thread'

const thread = threadFromPage({ messages: [message('m2', 2), message('m4', 4)], nextCursor: 'older', seq: 5 })
const texts = (t: { messages: { id: string }[] }) => t.messages.map((m) => m.id).join(' ')

describe('a thread', () => {
  test('is ordered by seq, whatever the order of arrival', () => {
    const late = applyToThread('c1', thread, wrote(message('m6', 6)))
    expect(texts(applyToThread('c1', late, wrote(message('m3', 3))))).toBe('m2 m3 m4 m6')
  })

  test('gives the same object for what it has, for what is older, for another conversation', () => {
    const once = applyToThread('c1', thread, wrote(message('m6', 6)))
    expect(applyToThread('c1', once, wrote(message('m6', 6)))).toBe(once)
    expect(applyToThread('c1', thread, wrote(message('m1', 1)))).toBe(thread)
    expect(applyToThread('c1', thread, wrote(message('m7', 7, { conversationId: 'c2' })))).toBe(thread)
    expect(applyToThread('c1', thread, reported({ id: 'none', conversationId: 'c1' }, 9, 'sent'))).toBe(thread)
  })

  test('moves a status once; a report from before it changes nothing', () => {
    const read = applyToThread('c1', thread, reported(message('m4', 4), 8, 'read'))
    const m4 = read.messages[1]!
    expect(m4).toMatchObject({ status: 'read', version: 8, attempts: 1, wamid: 'wamid.1' })
    expect(applyToThread('c1', read, reported(message('m4', 4), 8, 'read'))).toBe(read)
    expect(applyToThread('c1', read, reported(message('m4', 4), 7, 'delivered'))).toBe(read)
  })

  test('gives skipped steps the time of the step reached', () => {
    const sent = applyToThread('c1', thread, reported(message('m4', 4), 6, 'sent'))
    const read = applyToThread('c1', sent, reported(message('m4', 4), 8, 'read'))
    expect(read.messages[1]).toMatchObject({ sentAt: at(6), deliveredAt: at(8), readAt: at(8) })
  })

  test('clears the error when a report shows that the message did arrive', () => {
    const failed = applyToThread('c1', thread, {
      type: 'message:delivered',
      body: { seq: 6, conversationId: 'c1', messageId: 'm4', status: 'failed', at: at(6), attempts: 1, wamid: null, error: { code: '131026', message: 'x' } },
    })
    expect(failed.messages[1]?.error?.code).toBe('131026')
    expect(applyToThread('c1', failed, reported(message('m4', 4), 7, 'delivered')).messages[1]).toMatchObject({ status: 'delivered', error: null })
  })

  test('takes an older page before the others, once', () => {
    const older = { messages: [message('m1', 1), message('m2', 2)], nextCursor: null, seq: 6 }
    const all = prependPage(thread, older)
    expect(texts(all)).toBe('m1 m2 m4')
    expect(all.seq).toBe(5)
    expect(all.nextCursor).toBeNull()
  })
})
