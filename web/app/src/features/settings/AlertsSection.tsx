import { useState } from 'react'
import { useI18n } from '@/i18n/I18nContext'
import { Choice } from './Choice'
import { Section } from './Section'
import { Toggle } from './Toggle'
import { useSaved } from './useSaved'

const scopes = ['mine', 'unassigned', 'all'] as const

export function AlertsSection() {
  const { t } = useI18n()
  const { preferences, save, isSaved } = useSaved()
  const [permission, setPermission] = useState(readPermission)

  const chooseDesktop = async (wanted: boolean) => {
    if (!wanted) return save({ desktop: false })
    const answer = await Notification.requestPermission()
    setPermission(answer)
    if (answer === 'granted') save({ desktop: true })
  }
  return (
    <Section title={t('settings.alerts')}>
      <Choice
        label={t('settings.alertScope')}
        options={scopes.map((value) => ({ value, label: t(`settings.alertScope.${value}`) }))}
        value={preferences.alertScope}
        saved={isSaved('alertScope')}
        onChange={(alertScope) => save({ alertScope })}
      />
      <Toggle
        label={t('settings.sound')}
        hint={t('settings.soundHint')}
        checked={preferences.sound}
        saved={isSaved('sound')}
        onChange={(sound) => save({ sound })}
      />
      {permission !== 'unsupported' && (
        <Toggle
          label={t('settings.desktop')}
          hint={permission === 'denied' ? t('settings.desktopBlocked') : t('settings.desktopHint')}
          checked={preferences.desktop && permission === 'granted'}
          saved={isSaved('desktop')}
          onChange={(wanted) => void chooseDesktop(wanted)}
        />
      )}
    </Section>
  )
}

function readPermission(): NotificationPermission | 'unsupported' {
  return 'Notification' in window ? Notification.permission : 'unsupported'
}
