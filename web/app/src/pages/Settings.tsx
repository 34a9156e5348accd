import { useAuth } from '@/contexts/AuthContext'
import { Header } from '@/components/layout/Header'
import { AccountSection } from '@/features/settings/AccountSection'
import { AlertsSection } from '@/features/settings/AlertsSection'
import { AppearanceSection } from '@/features/settings/AppearanceSection'
import { ChannelSection } from '@/features/settings/ChannelSection'
import { DeadLettersSection } from '@/features/settings/DeadLettersSection'
import { InstallationSection } from '@/features/settings/InstallationSection'
import { KeyboardSection } from '@/features/settings/KeyboardSection'
import { TeamSection } from '@/features/settings/TeamSection'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Settings.module.css'

/** What one chooses for this device, and what admins manage; kept at once. */
export default function Settings() {
  const { t } = useI18n()
  const isAdmin = useAuth().user?.role === 'admin'
  return (
    <div className={classes.page}>
      <Header title={t('settings.title')} />
      <div className={classes.ground}>
        <div className={classes.column}>
          <AppearanceSection />
          <AlertsSection />
          <KeyboardSection />
          <AccountSection />
          {isAdmin && (
            <>
              <ChannelSection />
              <TeamSection />
              <DeadLettersSection />
            </>
          )}
          <InstallationSection />
        </div>
      </div>
    </div>
  )
}
