import { useInstallation } from '@/hooks/useAdmin'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Admin.module.css'
import { Awaited } from './Awaited'
import { Field, Section } from './Section'

/** What whoever runs the portal has set; told, not changed, here. */
export function InstallationSection() {
  const { t, format } = useI18n()
  const installation = useInstallation()
  const { data } = installation
  if (!data) {
    return (
      <Section title={t('settings.installation')}>
        <Awaited answer={installation} rows={3} />
      </Section>
    )
  }
  const { allowedOrigins, logRetentionSeconds, version } = data
  return (
    <Section title={t('settings.installation')}>
      <Field label={t('settings.origins')} hint={t('settings.originsHint')}>
        {allowedOrigins.length === 0 ? (
          t('settings.originsOwn')
        ) : (
          <ul className={classes.origins} dir="ltr">
            {allowedOrigins.map((origin) => (
              <li key={origin}>{origin}</li>
            ))}
          </ul>
        )}
      </Field>
      <Field label={t('settings.retention')} hint={t('settings.retentionHint')}>
        {format.span(logRetentionSeconds * 1000)}
      </Field>
      <Field label={t('settings.version')}>
        <bdi>{version}</bdi>
      </Field>
    </Section>
  )
}
