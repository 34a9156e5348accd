import { Link } from 'react-router'
import { MessageLine } from '@/components/ui/MessageLine'
import { PagingError } from '@/components/ui/PagingError'
import { useAuth } from '@/contexts/AuthContext'
import { useConversationList } from '@/hooks/useConversations'
import { useNow } from '@/hooks/useNow'
import { useI18n } from '@/i18n/I18nContext'
import { assigneeName } from '@/lib/assigneeName'
import type { Conversation } from '@/lib/types'
import { conversationPath } from '@/lib/views'
import { Section } from './Details'
import classes from './EarlierConversations.module.css'

const SHOWN = 5

/** What the contact wrote about before: the closed ones, newest first. */
export function EarlierConversations({ conversation }: { conversation: Conversation }) {
  const { t, format } = useI18n()
  const { user } = useAuth()
  const now = useNow()
  const { contact } = conversation
  const { conversations, isLoading, error, refetch } = useConversationList({ status: 'closed', search: contact.waId ?? contact.name })
  const earlier = conversations.filter(({ id, contact: of }) => of.id === contact.id && id !== conversation.id)
  const whose = ({ assignee }: Conversation) => assigneeName(assignee, user?.id, t('details.nobody'), t)
  return (
    <Section title={t('details.earlier')}>
      {error && (
        <p className={classes.sub}>
          <PagingError title={t('error.earlier')} error={error} onRetry={refetch} />
        </p>
      )}
      {!isLoading && !error && earlier.length === 0 && <p className={classes.sub}>{t('details.earlierNone')}</p>}
      <ul>
        {earlier.slice(0, SHOWN).map((one) => (
          <li key={one.id}>
            <Link className={classes.one} to={conversationPath(one.id)}>
              <span className={classes.text}>
                {one.lastMessage ? <MessageLine message={one.lastMessage} /> : t('list.noMessages')}
              </span>
              <span className={classes.sub}>
                {t('details.earlierClosed', { date: format.date(one.closedAt ?? one.lastActivityAt, now), name: whose(one) })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
