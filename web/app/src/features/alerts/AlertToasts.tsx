import { Notifications } from '@mantine/notifications'
import { useLayout } from '@/hooks/useLayout'
import { useI18n } from '@/i18n/I18nContext'
import classes from './AlertToasts.module.css'
import { useFailedReplyToasts } from './useFailedReplyToasts'
import { useNewConversationAlerts } from './useNewConversationAlerts'
import { useReloadedToast } from './useReloadedToast'

/** A little over the 8 s that are promised. */
const SHOWN_MS = 8500

/** Toasts stand where no control is: over the details where these are, else below the header. Three at most. */
export function AlertToasts() {
  const { dir } = useI18n()
  const layout = useLayout()
  useNewConversationAlerts()
  useFailedReplyToasts()
  useReloadedToast()
  const side = dir === 'rtl' ? 'left' : 'right'
  return (
    <Notifications
      className={classes.toasts}
      position={layout === 'wide' ? `bottom-${side}` : `top-${side}`}
      containerWidth={layout === 'wide' ? 260 : 320}
      notificationMaxHeight={220}
      limit={3}
      autoClose={SHOWN_MS}
      transitionDuration={160}
      pauseResetOnHover="all"
      zIndex={400}
    />
  )
}
