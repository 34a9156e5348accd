import { useCallback } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { Empty } from '@/components/ui/Empty'
import { ConversationList } from '@/features/conversations/ConversationList'
import { ListHeader } from '@/features/conversations/ListHeader'
import { OpenConversation } from '@/features/thread/OpenConversation'
import { BareHeader } from '@/features/thread/ThreadHeader'
import { useConversationList } from '@/hooks/useConversations'
import { useLayout } from '@/hooks/useLayout'
import { usePreferences } from '@/hooks/usePreferences'
import { useI18n } from '@/i18n/I18nContext'
import { listFilter, listQuery, readListAddress } from '@/lib/views'
import classes from './Workspace.module.css'

/**
 * The list, and the conversation that is open beside it. On a phone the thread
 * lies over the list, which stays where it is for the way back.
 */
export default function Workspace() {
  const { t } = useI18n()
  const { id } = useParams()
  const layout = useLayout()
  const navigate = useNavigate()
  const { shortcuts } = usePreferences()
  const [params] = useSearchParams()
  const address = readListAddress(params)
  const list = useConversationList(listFilter(address))
  const covered = layout === 'phone' && id !== undefined

  const { view, sort } = address
  const onSearch = useCallback(
    (search: string) => void navigate({ search: listQuery({ view, sort, search }) }, { replace: true }),
    [navigate, view, sort],
  )

  return (
    <div className={classes.workspace} data-layout={layout}>
      <section className={classes.list} aria-label={t('list.label')} inert={covered}>
        <ListHeader address={address} layout={layout} covered={covered} onSearch={onSearch} />
        <ConversationList list={list} address={address} selectedId={id} />
      </section>
      {id !== undefined && (
        <div className={classes.open}>
          <OpenConversation key={id} id={id} address={address} layout={layout} />
        </div>
      )}
      {id === undefined && layout !== 'phone' && (
        <div className={classes.none}>
          <BareHeader layout={layout} back="/conversations" />
          {list.conversations.length > 0 && (
            <div className={classes.pick}>
              <Empty title={t('thread.select')}>{shortcuts && t('thread.selectNext')}</Empty>
            </div>
          )}
        </div>
      )}
    </div>
  )
}
