import { expect, test } from 'vitest'
import { message, wrote } from '@/test/fixtures'
import { EventBuffer } from './eventBuffer'

const event = (seq: number) => wrote(message(`m${seq}`, seq))
const seqs = (buffer: EventBuffer, after: number) => buffer.after(after).map((e) => e.body.seq)

test('events are kept in seq order, each once, though a replay may follow later ones', () => {
  const buffer = new EventBuffer()
  for (const seq of [5, 7, 3, 5, 6]) buffer.add(event(seq))
  expect(seqs(buffer, 0)).toEqual([3, 5, 6, 7])
  expect(seqs(buffer, 5)).toEqual([6, 7])
})

test('what is dropped for space raises the floor', () => {
  const buffer = new EventBuffer(2)
  for (const seq of [1, 2, 3, 4]) buffer.add(event(seq))
  expect(seqs(buffer, 0)).toEqual([3, 4])
  expect(buffer.floor).toBe(2)
})

test('a new connection forgets what it does not continue', () => {
  const buffer = new EventBuffer()
  for (const seq of [1, 2, 3]) buffer.add(event(seq))
  buffer.reset(2)
  expect(seqs(buffer, 0)).toEqual([3])
  expect(buffer.floor).toBe(2)
})
