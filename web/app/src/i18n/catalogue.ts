/** The shape of a catalogue, and how a text is made from an entry of it. */
import type { en } from './en'

type English = typeof en
export type TextKey = keyof English

type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
type Entry = string | PluralForms

/** A language holds every key; one with plural forms may have more or fewer of them than English. */
export type Catalogue = {
  readonly [K in TextKey]: English[K] extends string ? string : PluralForms
}

type Slots<S> = S extends `${string}{${infer Slot}}${infer Rest}` ? Slot | Slots<Rest> : never
type EntrySlots<E> = E extends string ? Slots<E> : E extends { other: infer O } ? Slots<O> | 'count' : never
type Values<K extends TextKey> = Record<EntrySlots<English[K]>, string | number>

/** The slots of a text as arguments: none, or one object with exactly its names. */
export type TextArgs<K extends TextKey> = [EntrySlots<English[K]>] extends [never] ? [] : [values: Values<K>]

export type Translate = <K extends TextKey>(key: K, ...args: TextArgs<K>) => string

/** What sentences are made by: the plurals of a locale, the way in which it is read. */
export interface Grammar {
  /** For Intl. */
  locale: string
  dir: 'ltr' | 'rtl'
}

export function createTranslate(catalogue: Catalogue, { locale, dir }: Grammar): Translate {
  const plurals = new Intl.PluralRules(locale)
  return (key, ...args) => {
    const values = (args[0] ?? {}) as Record<string, string | number>
    return fill(choose(catalogue[key], values, plurals), values, dir)
  }
}

function choose(entry: Entry, values: Record<string, string | number>, plurals: Intl.PluralRules): string {
  if (typeof entry === 'string') return entry
  return entry[plurals.select(Number(values.count))] ?? entry.other
}

function fill(text: string, values: Record<string, string | number>, dir: Grammar['dir']): string {
  return text.replace(/\{(\w+)\}/g, (slot, name: string) => {
    const value = values[name] ?? slot
    return typeof value === 'string' ? isolated(value, dir) : String(value)
  })
}

const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/
const LTR = /(?![\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])\p{L}/u

/**
 * A name, a number or someone's words keep a direction of their own in a sentence that runs the other way: else its
 * full stop and what stands beside it change places. For texts that no element can hold apart: labels, titles, notes.
 */
function isolated(value: string, dir: Grammar['dir']): string {
  const fits = dir === 'ltr' ? !RTL.test(value) : RTL.test(value) && !LTR.test(value)
  return fits ? value : `\u2068${value}\u2069`
}
