import { notifications } from '@mantine/notifications'
import { IconMessage, IconMessages } from '@tabler/icons-react'
import { useRef, type ReactNode } from 'react'
import { Link, useLocation } from 'react-router'
import { useNewConversationToasts } from '@/hooks/useConversations'
import { useI18n, type I18n } from '@/i18n/I18nContext'
import { contactName } from '@/lib/contactName'
import { oneLine } from '@/lib/messageText'
import type { Conversation } from '@/lib/types'
import { conversationPath, listQuery } from '@/lib/views'
import classes from './toasts.module.css'

/** From here on, what came within one burst shares a toast. */
const GROUPED_FROM = 3
const BURST_MS = 2000
const GROUP_ID = 'new-conversations'

interface Burst {
  conversations: Conversation[]
  lastAt: number
}

/** A toast with a link for each new conversation; many at once become one that counts up. */
export function useNewConversationAlerts(): void {
  const i18n = useI18n()
  const { pathname } = useLocation()
  const burst = useRef<Burst>({ conversations: [], lastAt: 0 })

  useNewConversationToasts((arrived) => {
    const unseen = arrived.filter(({ id }) => pathname !== conversationPath(id))
    if (unseen.length === 0) return
    const now = Date.now()
    const running = now - burst.current.lastAt <= BURST_MS ? burst.current.conversations : []
    const conversations = [...running, ...unseen]
    burst.current = { conversations, lastAt: now }
    if (conversations.length < GROUPED_FROM) unseen.forEach((conversation) => showOne(conversation, i18n))
    else showGroup(conversations, i18n)
  })
}

function showOne(conversation: Conversation, { t }: I18n): void {
  const { id, contact, lastMessage } = conversation
  notifications.show({
    id,
    'data-testid': 'new-conversation-toast',
    icon: <IconMessage size={16} stroke={1.75} aria-hidden />,
    closeButtonProps: { 'aria-label': t('action.dismiss') },
    title: <bdi>{contactName(contact, t)}</bdi>,
    message: (
      <>
        <span className={classes.text}>
          {lastMessage && t('toast.newConversation', { text: oneLine(lastMessage, t) })}
        </span>
        <ToastLink to={conversationPath(id)} toast={id} name={t('toast.openName', { name: contactName(contact, t) })}>
          {t('toast.open')}
        </ToastLink>
      </>
    ),
  })
}

function showGroup(conversations: Conversation[], { t }: I18n): void {
  const named = conversations.slice(0, 2)
  const more = conversations.length - named.length
  const toast = {
    id: GROUP_ID,
    'data-testid': 'new-conversation-toast',
    icon: <IconMessages size={16} stroke={1.75} aria-hidden />,
    closeButtonProps: { 'aria-label': t('action.dismiss') },
    title: t('toast.newConversations', { count: conversations.length }),
    message: (
      <>
        <span className={classes.text}>
          {named.map(({ id, contact }) => (
            <span key={id} className={classes.named}>
              <ToastLink to={conversationPath(id)} toast={GROUP_ID}>
                <bdi>{contactName(contact, t)}</bdi>
              </ToastLink>
            </span>
          ))}
          {' '}
          {t('toast.andMore', { count: more })}
        </span>
        <ToastLink to={`/conversations${listQuery({ view: 'unassigned', sort: 'createdAt', search: '' })}`} toast={GROUP_ID}>
          {t('toast.showUnassigned')}
        </ToastLink>
      </>
    ),
  }
  for (const { id } of conversations) notifications.hide(id)
  // One that is shown is changed in place; else this does nothing and the next line shows it.
  notifications.update(toast)
  notifications.show(toast)
}

interface ToastLinkProps {
  to: string
  toast: string
  /** The whole sentence, where the word alone doesn't say where it leads. */
  name?: string
  children: ReactNode
}

function ToastLink({ to, toast, name, children }: ToastLinkProps) {
  return (
    <Link className={classes.link} to={to} aria-label={name} onClick={() => notifications.hide(toast)}>
      {children}
    </Link>
  )
}
