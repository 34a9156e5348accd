import { Drawer } from '@mantine/core'
import { useI18n } from '@/i18n/I18nContext'
import { Details, type DetailsProps } from './Details'

/** The details over the thread, where there is no room for a column. */
export default function DetailsDrawer({ onClose, ...details }: DetailsProps & { onClose: () => void }) {
  const { t, dir } = useI18n()
  return (
    <Drawer
      opened
      onClose={onClose}
      position={dir === 'rtl' ? 'left' : 'right'}
      size={300}
      title={t('details.title')}
      padding={0}
      closeButtonProps={{ 'aria-label': t('action.closePanel') }}
      overlayProps={{ backgroundOpacity: 0.2 }}
    >
      <Details {...details} />
    </Drawer>
  )
}
