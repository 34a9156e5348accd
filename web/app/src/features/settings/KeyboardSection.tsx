import { KeyList } from '@/components/KeyList'
import { useI18n } from '@/i18n/I18nContext'
import { Section } from './Section'
import { Toggle } from './Toggle'
import { useSaved } from './useSaved'

export function KeyboardSection() {
  const { t } = useI18n()
  const { preferences, save, isSaved } = useSaved()
  return (
    <Section title={t('settings.keyboard')}>
      <Toggle
        label={t('settings.shortcuts')}
        hint={t('settings.keyboardHint')}
        checked={preferences.shortcuts}
        saved={isSaved('shortcuts')}
        onChange={(shortcuts) => save({ shortcuts })}
      />
      {preferences.shortcuts && <KeyList />}
    </Section>
  )
}
