import { notifications } from '@mantine/notifications'
import { IconRefresh } from '@tabler/icons-react'
import { useEffect } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import { useI18n } from '@/i18n/I18nContext'

/** Tells when a break was too long to be caught up with, so that what jumped is explained. */
export function useReloadedToast(): void {
  const { t } = useI18n()
  const { socket } = usePortal()
  useEffect(() => {
    let connectedBefore = false
    return socket.onConnect((recovered) => {
      if (connectedBefore && !recovered) {
        notifications.show({
          id: 'reloaded',
          icon: <IconRefresh size={16} stroke={1.75} aria-hidden />,
          closeButtonProps: { 'aria-label': t('action.dismiss') },
          message: t('toast.reloaded'),
        })
      }
      connectedBefore = true
    })
  }, [socket, t])
}
