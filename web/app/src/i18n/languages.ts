/** The languages of the page. English comes with it; the others load when chosen. */
import type { Catalogue, Grammar } from './catalogue'
import { en } from './en'

/** Latin digits everywhere, so that figures keep their width. */
interface Language extends Grammar {
  /** Its name in itself. */
  name: string
  load: () => Promise<Catalogue>
}

export const languages = {
  en: { name: 'English', locale: 'en-GB', dir: 'ltr', load: () => Promise.resolve<Catalogue>(en) },
  ar: {
    name: 'العربية',
    locale: 'ar-u-nu-latn',
    dir: 'rtl',
    load: () => import('./ar').then((module): Catalogue => module.ar),
  },
} satisfies Record<string, Language>

export type LanguageTag = keyof typeof languages

/** The language for a preference: a tag of ours, else the first one that the browser asks for. */
export function resolveLanguage(preferred: string, wishes: readonly string[]): LanguageTag {
  const candidates = preferred === 'auto' ? wishes : [preferred]
  for (const wish of candidates) {
    const tag = wish.toLowerCase().split('-')[0]
    if (isLanguage(tag)) return tag
  }
  return 'en'
}

function isLanguage(tag: string | undefined): tag is LanguageTag {
  return tag !== undefined && tag in languages
}
