import { usePreferences } from '@/hooks/usePreferences'
import { useI18n } from '@/i18n/I18nContext'
import { languages, type LanguageTag } from '@/i18n/languages'
import classes from './LanguageChoice.module.css'

/** The browser's own list: the lightest there is, and right on every phone. */
export function LanguageChoice() {
  const { t, language } = useI18n()
  const { set } = usePreferences()
  return (
    <select
      className={classes.select}
      aria-label={t('login.language')}
      value={language}
      onChange={(event) => set({ language: event.target.value })}
    >
      {(Object.keys(languages) as LanguageTag[]).map((tag) => (
        <option key={tag} value={tag} lang={tag}>
          {languages[tag].name}
        </option>
      ))}
    </select>
  )
}
