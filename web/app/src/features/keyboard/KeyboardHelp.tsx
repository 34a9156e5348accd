import { Modal } from '@mantine/core'
import { KeyList } from '@/components/KeyList'
import { useI18n } from '@/i18n/I18nContext'

export default function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const { t } = useI18n()
  return (
    <Modal opened onClose={onClose} title={t('keys.title')} size={420} overlayProps={{ backgroundOpacity: 0.3 }} closeButtonProps={{ 'aria-label': t('keys.dismiss') }}>
      <KeyList />
    </Modal>
  )
}
