import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ar } from './ar'
import { createTranslate, type Catalogue, type TextKey } from './catalogue'
import { en } from './en'
import { languages, type LanguageTag } from './languages'

const catalogues: Record<LanguageTag, Catalogue> = { en, ar }
const keys = Object.keys(en) as TextKey[]
const slotsOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort()
const formsOf = (entry: Catalogue[TextKey]) => (typeof entry === 'string' ? [['other', entry] as const] : Object.entries(entry))

/** The page's source, without catalogues and tests. */
function source(folder = resolve(import.meta.dirname, '..')): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'i18n' && name !== 'test' && name !== 'documents')
    .map((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return source(path)
      return /(?<!\.test)\.tsx?$/.test(entry.name) ? readFileSync(path, 'utf8') : ''
    })
    .join('\n')
}

describe('PAGE-97 the catalogue', () => {
  test('has each text once, and the page uses each', () => {
    const text = source() + readFileSync(resolve(import.meta.dirname, 'format.ts'), 'utf8')
    // Keys that are put together, as `role.${role}`; where others begin so too, those that are meant.
    const made = [...text.matchAll(/`([\w.]+\.)\$\{/g)].map(([, begin]) => begin!)
    const ends: Record<string, string[]> = {
      'connection.': ['connected', 'reconnecting', 'disconnected'],
      'dashboard.': ['24h', '7d', '30d'],
      'details.': ['active', 'closed'],
      'failure.': [],
      'kind.': [],
      'login.': ['queued', 'sent', 'delivered', 'read', 'failed'],
    }
    const isMade = (key: string) => made.some((begin) => key.startsWith(begin) && (ends[begin]?.includes(key.slice(begin.length)) ?? true))
    const unused = keys.filter((key) => !text.includes(`'${key}'`) && !isMade(key))
    expect(unused).toEqual([])
  })

  for (const [tag, catalogue] of Object.entries(catalogues)) {
    describe(tag, () => {
      test('has every text, with its slots', () => {
        expect(Object.keys(catalogue).sort()).toEqual([...keys].sort())
        for (const key of keys) {
          const slots = new Set(formsOf(en[key]).flatMap(([, text]) => slotsOf(text)))
          for (const [form, text] of formsOf(catalogue[key])) {
            expect(text.trim(), key).not.toBe('')
            // A number may be said in a word: "two messages".
            const wanted = [...slots].filter((slot) => slot !== 'count' || !['zero', 'one', 'two'].includes(form) || slotsOf(text).includes('count'))
            expect(slotsOf(text), `${key}, ${form}`).toEqual(wanted.sort())
          }
        }
      })

      test('has a form for each count of what can be counted', () => {
        const rules = new Intl.PluralRules(languages[tag as LanguageTag].locale)
        const needed = new Set(Array.from({ length: 300 }, (_, count) => rules.select(count + 1)))
        for (const key of keys) {
          const entry = catalogue[key]
          if (typeof entry !== 'string') expect(Object.keys(entry), key).toEqual(expect.arrayContaining([...needed]))
        }
      })

      test('is plain: no exclamation, no "please try again"', () => {
        const texts = keys.flatMap((key) => formsOf(catalogue[key]).map(([, text]) => text))
        expect(texts.filter((text) => /!|oops|please|sorry|something went wrong/i.test(text))).toEqual([])
      })
    })
  }

  test('counts in words only where those have plural forms', () => {
    // Units and labels, which stay the same whatever the number.
    const uncounted = [
      'connection.catchingUp', 'connection.seconds', 'list.minutesLeft', 'composer.waiting', 'dashboard.received', 'dashboard.sent',
      'dashboard.delivered', 'dashboard.deliveredShare', 'dashboard.failedCount', 'time.minutes', 'time.hours', 'time.days', 'time.seconds',
    ]
    const isCounted = (key: TextKey) => {
      const entry: Catalogue[TextKey] = en[key]
      return typeof entry === 'string' && slotsOf(entry).includes('count')
    }
    expect(keys.filter(isCounted)).toEqual(uncounted)
  })

  test('says numbers as Arabic does', () => {
    const t = createTranslate(ar, languages.ar)
    const said = [1, 2, 3, 10, 11, 99, 100, 102, 103, 111].map((count) => t('thread.newMessages', { count }))
    expect(said).toEqual([
      'رسالة جديدة', 'رسالتان جديدتان', '3 رسائل جديدة', '10 رسائل جديدة', '11 رسالة جديدة', '99 رسالة جديدة', '100 رسالة جديدة', '102 رسالة جديدة',
      '103 رسائل جديدة', '111 رسالة جديدة',
    ])
    expect(t('toast.newConversations', { count: 3 })).toBe('3 محادثات جديدة')
    expect(t('toast.newConversations', { count: 12 })).toBe('12 محادثة جديدة')
  })
})

describe('PAGE-98 what runs the other way than its sentence stands apart in it', () => {
  const apart = (text: string) => `\u2068${text}\u2069`
  const english = createTranslate(en, languages.en)
  const arabic = createTranslate(ar, languages.ar)

  test('an Arabic name in English', () => {
    expect(english('toast.replyFailed', { name: 'ليلى' })).toBe(`Reply to ${apart('ليلى')} wasn’t delivered`)
    expect(english('kind.withText', { kind: 'Photo', text: 'أين طلبي؟' })).toBe(`Photo: ${apart('أين طلبي؟')}`)
    expect(english('toast.replyFailed', { name: 'Ben' })).toBe('Reply to Ben wasn’t delivered')
  })

  test('a Latin name, a mixed text and a number in Arabic', () => {
    expect(arabic('typing.one', { name: 'Ben' })).toBe(`${apart('Ben')} يكتب…`)
    expect(arabic('kind.withText', { kind: 'صورة', text: 'من Ben!' })).toBe(`صورة: ${apart('من Ben!')}`)
    expect(arabic('composer.label', { name: '+49 151 1234' })).toBe(`ردّ على ${apart('+49 151 1234')}`)
    expect(arabic('typing.one', { name: 'ليلى' })).toBe('ليلى يكتب…')
    expect(arabic('connection.seconds', { count: 5 })).toBe('5 ث')
  })
})
