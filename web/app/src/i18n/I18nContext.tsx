import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react'
import { loadChunk } from '@/lib/loadChunk'
import { createTranslate, type Catalogue, type Translate } from './catalogue'
import { en } from './en'
import { createFormat, type Format } from './format'
import { languages, resolveLanguage, type LanguageTag } from './languages'

export interface I18n {
  t: Translate
  format: Format
  language: LanguageTag
  dir: 'ltr' | 'rtl'
}

const I18nContext = createContext<I18n>(createI18n('en', en))

function createI18n(language: LanguageTag, catalogue: Catalogue): I18n {
  const grammar = languages[language]
  const t = createTranslate(catalogue, grammar)
  return { t, format: createFormat(grammar.locale, t), language, dir: grammar.dir }
}

interface I18nProviderProps {
  /** A language tag, or `auto` for the browser's. */
  language: string
  children: ReactNode
}

/** Gives the page its texts. While another language loads, the last one stays. */
export function I18nProvider({ language, children }: I18nProviderProps) {
  const wanted = resolveLanguage(language, navigator.languages)
  const [loaded, setLoaded] = useState<{ tag: LanguageTag; catalogue: Catalogue }>({ tag: 'en', catalogue: en })

  useEffect(() => {
    let current = true
    loadChunk(() => languages[wanted].load()).then(
      (catalogue) => {
        if (current) setLoaded({ tag: wanted, catalogue })
      },
      // The last language stays.
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [wanted])

  const i18n = useMemo(() => createI18n(loaded.tag, loaded.catalogue), [loaded])

  useEffect(() => {
    document.documentElement.lang = i18n.language
    document.documentElement.dir = i18n.dir
  }, [i18n])

  return <I18nContext value={i18n}>{children}</I18nContext>
}

export function useI18n(): I18n {
  return use(I18nContext)
}
