import { useI18n } from '@/i18n/I18nContext'
import { languages, type LanguageTag } from '@/i18n/languages'
import { Choice } from './Choice'
import { Section } from './Section'
import { useSaved } from './useSaved'

const themes = ['auto', 'light', 'dark'] as const
const densities = ['comfortable', 'compact'] as const

export function AppearanceSection() {
  const { t } = useI18n()
  const { preferences, save, isSaved } = useSaved()
  const tags = Object.keys(languages) as LanguageTag[]
  return (
    <Section title={t('settings.appearance')}>
      <Choice
        label={t('settings.theme')}
        options={themes.map((value) => ({ value, label: t(`settings.theme.${value}`) }))}
        value={preferences.theme}
        saved={isSaved('theme')}
        onChange={(theme) => save({ theme })}
      />
      <Choice
        label={t('settings.density')}
        options={densities.map((value) => ({ value, label: t(`settings.density.${value}`) }))}
        value={preferences.density}
        saved={isSaved('density')}
        onChange={(density) => save({ density })}
      />
      <Choice
        label={t('settings.language')}
        options={[
          { value: 'auto', label: t('settings.language.auto') },
          ...tags.map((value) => ({ value, label: languages[value].name })),
        ]}
        value={preferences.language}
        saved={isSaved('language')}
        onChange={(language) => save({ language })}
      />
    </Section>
  )
}
