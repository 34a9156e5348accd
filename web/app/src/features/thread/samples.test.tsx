import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { screen, within } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { createTranslate } from '@/i18n/catalogue'
import { en } from '@/i18n/en'
import { languages } from '@/i18n/languages'
import { oneLine } from '@/lib/messageText'
import type { Message } from '@/lib/types'
import { draw } from '@/test/page'
import { Bubble } from './Bubble'

/**
 * Webhooks as Meta's documentation shows them, carried through the whole server by its own tests: what came out at
 * REST, and here on the screen.
 */
const FOLDER = resolve(import.meta.dirname, '../../../../../testdata/golden')
const read = (name: string) => JSON.parse(readFileSync(resolve(FOLDER, `message.${name}.json`), 'utf8')) as Message

interface Shown {
  /** What the bubble says, in order. */
  says: string[]
  /** The line in the list. */
  line: string
}

const noFile = 'no file came with it'
const table: Record<string, Shown> = {
  text: { says: ['Does it come in another color?'], line: 'Does it come in another color?' },
  'text.reply': { says: ['The blue one, please'], line: 'The blue one, please' },
  'text.product': { says: ['Is this one in stock?'], line: 'Is this one in stock?' },
  'text.forwarded': { says: ['Read this before you order'], line: 'Read this before you order' },
  'text.ad': { says: ['Hello! Can I get more info on this?'], line: 'Hello! Can I get more info on this?' },
  image: { says: ['Photo', 'Taj Mahal'], line: 'Photo: Taj Mahal' },
  'image.forwarded': { says: ['Photo'], line: 'Photo' },
  video: { says: ['The crack is on the left'], line: 'Video: The crack is on the left' },
  audio: { says: [], line: 'Voice message' },
  'audio.voice': { says: [], line: 'Voice message' },
  document: { says: ['Rechnung März 2026.pdf', 'Here is the invoice'], line: 'Document: Here is the invoice' },
  sticker: { says: ['Sticker'], line: 'Sticker' },
  location: {
    says: ['Location', 'Meta Headquarters', '1 Hacker Way', 'https://maps.google.com/?q=37.4846,-122.1478'],
    line: 'Location: Meta Headquarters 1 Hacker Way, Menlo Park, CA 94025 https://maps.google.com/?q=37.4846,-122.1478',
  },
  'location.bare': { says: ['Location', 'https://maps.google.com/?q=-33.8568,151.2153'], line: 'Location: https://maps.google.com/?q=-33.8568,151.2153' },
  contacts: {
    says: ['Contact card', 'Barbara J. Johnson', 'Lucky Shrub', 'Li Na'],
    line: 'Contact card: Barbara J. Johnson, Lucky Shrub, +1 (650) 555-1234, +1 (650) 555-5678, bjohnson@luckyshrub.com Li Na, 8613800138000',
  },
  'interactive.button_reply': { says: ['Chosen from buttons or a list', 'Cancel'], line: 'Cancel' },
  'interactive.list_reply': { says: ['Chosen from buttons or a list', 'Priority Mail Express', 'Next Day to 2 Days'], line: 'Priority Mail Express Next Day to 2 Days' },
  'interactive.nfm_reply': { says: ['name: Sheena', 'party: 4'], line: 'Sent name: Sheena party: 4 outside: true dishes: ["soup","pie"]' },
  'interactive.call_permission_reply': { says: ['call_permission_reply'], line: read('interactive.call_permission_reply').text },
  button: { says: ['Chosen from buttons or a list', 'Unsubscribe'], line: 'Unsubscribe' },
  reaction: { says: ['Reaction', '👍'], line: 'Reaction: 👍' },
  'reaction.removed': { says: ['Reaction taken back'], line: 'Reaction taken back' },
  order: { says: ['Order', 'Love these!', '2 × di9ozbzfi4, 30 USD'], line: 'Order: Love these! 2 × di9ozbzfi4, 30 USD 1 × nqryix03ez, 25.5 USD catalog 194836987003835' },
  system: { says: ['Notice from WhatsApp', 'changed from 16505551234'], line: 'User Sheena Nelson changed from 16505551234 to 12195555358' },
  unsupported: {
    says: ['Message that WhatsApp couldn’t pass on', 'poll_update'],
    line: 'Message that WhatsApp couldn’t pass on: Message type is currently not supported. (131051): poll_update',
  },
  hologram: { says: ['Message of an unknown kind, hologram', 'a kind that nobody has heard of'], line: 'Message of an unknown kind, hologram' },
}

describe('PAGE-90 each of WhatsApp’s kinds of messages', () => {
  const t = createTranslate(en, languages.en)
  const samples = readdirSync(FOLDER).filter((name) => name.startsWith('message.')).map((name) => name.slice('message.'.length, -'.json'.length))

  test('has a row', () => {
    expect(Object.keys(table).sort()).toEqual(samples.sort())
  })

  for (const [name, { says, line }] of Object.entries(table)) {
    test(`${name} in the thread and in the list`, () => {
      const message = read(name)
      draw(
        <Bubble message={message} startsGroup endsGroup mine={false} selected={false} offline={false} tabbable={false}
          onSelect={() => undefined} onDetails={() => undefined} />,
      )
      const bubble = screen.getByTestId('message')
      for (const words of says) expect(bubble.textContent).toContain(words)
      expect(within(bubble).queryByText(noFile, { exact: false })).toBeNull()
      expect(bubble.dataset.status).toBe('received')
      expect(oneLine(message, t)).toBe(line)
    })
  }
})
