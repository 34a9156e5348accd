import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useAuth } from '@/contexts/AuthContext'
import { useLayout } from '@/hooks/useLayout'
import { useI18n } from '@/i18n/I18nContext'
import { Field, Section } from './Section'

/** Who one is. On a phone, where no sidebar is, also the way out. */
export function AccountSection() {
  const { t } = useI18n()
  const { user, logout } = useAuth()
  const layout = useLayout()
  if (!user) return null
  return (
    <Section title={t('settings.account')}>
      <Field label={t('settings.name')}>
        <bdi>{user.name}</bdi>
      </Field>
      <Field label={t('settings.email')}>{user.email}</Field>
      <Field label={t('settings.role')}>{t(`role.${user.role}`)}</Field>
      {layout === 'phone' && (
        <Button
          variant="default"
          leftSection={<IconLogout size={16} stroke={1.75} aria-hidden />}
          onClick={() => void logout()}
        >
          {t('account.signOut')}
        </Button>
      )}
    </Section>
  )
}
