import { notifications } from '@mantine/notifications'
import { IconAlertCircle } from '@tabler/icons-react'
import { Link, useLocation } from 'react-router'
import { useAuth } from '@/contexts/AuthContext'
import { useSocketEvent } from '@/hooks/useSocket'
import { useI18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import { failureText } from '@/lib/failure'
import { conversationPath } from '@/lib/views'
import classes from './toasts.module.css'

/** A reply of one's own conversation failed where one isn't looking. */
export function useFailedReplyToasts(): void {
  const { t } = useI18n()
  const { user } = useAuth()
  const { pathname } = useLocation()

  useSocketEvent('conversation:updated', ({ conversation: { id, contact, assignee, lastMessage }, reason }) => {
    const to = conversationPath(id)
    if (reason !== 'message' || lastMessage?.status !== 'failed') return
    if (assignee?.id !== user?.id || pathname === to) return
    const toast = `failed-${lastMessage.id}`
    notifications.show({
      id: toast,
      icon: <IconAlertCircle className={classes.failed} size={16} stroke={1.75} aria-hidden />,
      closeButtonProps: { 'aria-label': t('action.dismiss') },
      title: t('toast.replyFailed', { name: contactName(contact, t) }),
      message: (
        <>
          <span className={classes.text}>{failureText(lastMessage.error, t)}</span>
          <Link
            className={classes.link}
            to={to}
            aria-label={t('toast.openName', { name: contactName(contact, t) })}
            onClick={() => notifications.hide(toast)}
          >
            {t('toast.open')}
          </Link>
        </>
      ),
    })
  })
}
