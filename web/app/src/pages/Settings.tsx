import { Header } from '@/components/layout/Header'
import { AccountSection } from '@/features/settings/AccountSection'
import { AlertsSection } from '@/features/settings/AlertsSection'
import { AppearanceSection } from '@/features/settings/AppearanceSection'
import { KeyboardSection } from '@/features/settings/KeyboardSection'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Settings.module.css'

/** What one chooses for this device; kept at once. */
export default function Settings() {
  const { t } = useI18n()
  return (
    <div className={classes.page}>
      <Header title={t('settings.title')} />
      <div className={classes.ground}>
        <div className={classes.column}>
          <AppearanceSection />
          <AlertsSection />
          <KeyboardSection />
          <AccountSection />
        </div>
      </div>
    </div>
  )
}
