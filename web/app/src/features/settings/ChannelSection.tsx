import { Button } from '@mantine/core'
import { IconAlertCircle, IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { useAction } from '@/hooks/useAction'
import { useChannel, type Channel } from '@/hooks/useAdmin'
import { useI18n } from '@/i18n/I18nContext'
import { describeError } from '@/lib/describeError'
import type { ChannelTest } from '@/lib/settingsTypes'
import classes from './Admin.module.css'
import { Awaited } from './Awaited'
import { Field, Section } from './Section'
import { TextField } from './TextField'

/** How the team's number is reached at WhatsApp, and whether it works. */
export function ChannelSection() {
  const { t } = useI18n()
  const channel = useChannel()
  const { data, save } = channel
  return (
    <Section title={t('settings.channel')}>
      <Awaited answer={channel} rows={7} />
      {data && (
        <>
          <TextField
            label={t('settings.displayPhoneNumber')}
            value={data.displayPhoneNumber}
            onSave={(displayPhoneNumber) => save({ displayPhoneNumber })}
          />
          <TextField
            label={t('settings.phoneNumberId')}
            hint={t('settings.phoneNumberIdHint')}
            value={data.phoneNumberId}
            onSave={(phoneNumberId) => save({ phoneNumberId })}
          />
          <TextField
            label={t('settings.accessToken')}
            hint={t('settings.secretHint')}
            secret
            value={data.accessToken}
            onSave={(accessToken) => save({ accessToken })}
          />
          <TextField
            label={t('settings.appSecret')}
            hint={t('settings.appSecretHint')}
            secret
            value={data.appSecret}
            onSave={(appSecret) => save({ appSecret })}
          />
          <TextField
            label={t('settings.verifyToken')}
            hint={t('settings.verifyTokenHint')}
            value={data.verifyToken}
            onSave={(verifyToken) => save({ verifyToken })}
          />
          <WebhookAddress address={data.webhookUrl} />
          <TestField test={channel.test} />
        </>
      )}
    </Section>
  )
}

function WebhookAddress({ address }: { address: string }) {
  const { t } = useI18n()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    // Absent on plain http; the address can be selected all the same.
    const clipboard = navigator.clipboard as Clipboard | undefined
    await clipboard?.writeText(address).then(
      () => setCopied(true),
      () => undefined,
    )
  }
  return (
    <Field label={t('settings.webhook')} hint={t('settings.webhookHint')}>
      <div className={classes.address}>
        <code className={classes.code} dir="ltr">
          {address}
        </code>
        <Button
          variant="default"
          size="xs"
          leftSection={copied ? <IconCheck size={16} stroke={1.75} aria-hidden /> : <IconCopy size={16} stroke={1.75} aria-hidden />}
          onClick={() => void copy()}
        >
          {t(copied ? 'settings.copied' : 'settings.copy')}
        </Button>
      </div>
    </Field>
  )
}

function TestField({ test }: Pick<Channel, 'test'>) {
  const { t } = useI18n()
  const { run, busy, error } = useAction()
  const [result, setResult] = useState<ChannelTest | null>(null)
  const attempt = () => {
    setResult(null)
    void run(async () => setResult(await test()))
  }
  return (
    <Field label={t('settings.test')} hint={t('settings.testHint')}>
      <Button variant="default" aria-busy={busy} onClick={attempt}>
        {t(busy ? 'settings.testing' : 'settings.testNow')}
      </Button>
      <p className={classes.result} role="status" data-ok={result?.ok}>
        {result?.ok && (
          <>
            <IconCheck size={16} stroke={2} aria-hidden /> {t('settings.testOk', { name: result.message })}
          </>
        )}
        {(error || result?.ok === false) && (
          <>
            <IconAlertCircle size={16} stroke={1.75} aria-hidden /> {error ? describeError(error, t) : result && describeError({ status: 422, problem: result }, t)}
          </>
        )}
      </p>
    </Field>
  )
}
