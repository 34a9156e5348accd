import { useEffect, useRef, type ReactNode } from 'react'
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import { Late } from '@/components/ui/Late'
import { LoadError } from '@/components/ui/LoadError'
import { PagingError } from '@/components/ui/PagingError'
import { useAuth } from '@/contexts/AuthContext'
import { useConnection } from '@/hooks/useConnection'
import { useDrafts, type ConversationList as List } from '@/hooks/useConversations'
import { useLayout } from '@/hooks/useLayout'
import { useNow } from '@/hooks/useNow'
import { usePreferences } from '@/hooks/usePreferences'
import { useI18n } from '@/i18n/I18nContext'
import type { Conversation } from '@/lib/types'
import { conversationPath, type ListAddress } from '@/lib/views'
import { ConversationItem } from './ConversationItem'
import classes from './ConversationList.module.css'
import { EmptyList } from './EmptyList'
import { RowSkeletons } from './RowSkeletons'
import { useHeldOrder } from './useHeldOrder'
import { useRowKeys } from './useRowKeys'

interface ConversationListProps {
  list: List
  address: ListAddress
  /** The conversation that is open beside the list. */
  selectedId?: string
}

export function ConversationList({ list, address, selectedId }: ConversationListProps) {
  const { t } = useI18n()
  const rowHeight = useRowHeight()

  if (list.conversations.length === 0) {
    if (list.error) {
      return <LoadError title={t('error.list')} error={list.error} onRetry={list.refetch} />
    }
    if (list.isLoading) {
      return (
        <Late>
          <RowSkeletons height={rowHeight} />
        </Late>
      )
    }
    return <EmptyList address={address} />
  }
  return <Rows list={list} address={address} selectedId={selectedId} rowHeight={rowHeight} />
}

function useRowHeight(): number {
  const { density } = usePreferences()
  const layout = useLayout()
  if (density === 'compact') return 48
  return layout === 'phone' ? 68 : 60
}

interface RowContext {
  address: ListAddress
  selectedId?: string
  me: string
  now: number
  drafts: Record<string, string>
  /** The one row that Tab reaches. */
  tabbableId?: string
  label: string
  total: number
  footer: ReactNode
}

function Rows({ list, address, selectedId, rowHeight }: ConversationListProps & { rowHeight: number }) {
  const { t } = useI18n()
  const { user } = useAuth()
  const now = useNow()
  const drafts = useDrafts()
  const { shown, hold } = useHeldOrder(list.conversations)
  const virtuoso = useRef<VirtuosoHandle>(null)
  const frame = useRef<HTMLDivElement>(null)
  const focusedId = useRowKeys({ shown, selectedId, virtuoso, frame })
  const footer = useFooter(list)

  const first = shown[0]?.id
  useScrollToTop(virtuoso, address)

  const context: RowContext = {
    address,
    selectedId,
    me: user?.id ?? '',
    now,
    drafts,
    tabbableId: focusedId ?? (shown.some(({ id }) => id === selectedId) ? selectedId : first),
    label: t('list.label'),
    total: list.hasNextPage ? -1 : shown.length,
    footer,
  }
  return (
    <div ref={frame} className={classes.frame} onPointerDown={hold} style={{ '--row-height': `${rowHeight}px` } as React.CSSProperties}>
      <Virtuoso
        ref={virtuoso}
        className={classes.scroller}
        data={shown}
        context={context}
        computeItemKey={(_, conversation) => conversation.id}
        fixedItemHeight={rowHeight}
        increaseViewportBy={rowHeight * 6}
        itemContent={renderRow}
        components={parts}
        endReached={() => list.hasNextPage && !list.isFetchingNextPage && list.fetchNextPage()}
        tabIndex={-1}
      />
    </div>
  )
}

function renderRow(_: number, conversation: Conversation, context: RowContext) {
  const { id } = conversation
  const selected = id === context.selectedId
  return (
    <ConversationItem
      conversation={conversation}
      to={conversationPath(id, context.address)}
      selected={selected}
      draft={selected ? undefined : context.drafts[id]}
      me={context.me}
      now={context.now}
      tabbable={id === context.tabbableId}
    />
  )
}

interface PartProps extends React.ComponentProps<'div'> {
  context?: RowContext
  item?: unknown
  'data-item-index'?: number
}

const parts = {
  List: ({ context, ...rest }: PartProps) => <div role="list" aria-label={context?.label} {...rest} />,
  Item: ({ context, item: _, ...rest }: PartProps) => (
    <div
      role="listitem"
      aria-setsize={context?.total}
      aria-posinset={(rest['data-item-index'] ?? 0) + 1}
      {...rest}
    />
  ),
  Footer: ({ context }: { context?: RowContext }) =>
    context?.footer ? <p className={classes.footer}>{context.footer}</p> : null,
}

/** What stands below the rows: that more are coming, or as of when they are. */
function useFooter(list: List): ReactNode {
  const { t, format } = useI18n()
  const { state, lastSyncAt } = useConnection()
  const { isFetchingNextPage, nextPageError, fetchNextPage } = list
  if (isFetchingNextPage) return t('list.loadingMore')
  if (nextPageError) return <PagingError title={t('error.more')} error={nextPageError} onRetry={fetchNextPage} />
  if (state === 'disconnected' && lastSyncAt !== null) return t('list.asOf', { time: format.clock(lastSyncAt) })
  return ''
}

/** Another view, sort or search starts at its top. */
function useScrollToTop(virtuoso: React.RefObject<VirtuosoHandle | null>, { view, sort, search }: ListAddress) {
  const shownBefore = useRef(false)
  useEffect(() => {
    if (shownBefore.current) virtuoso.current?.scrollToIndex({ index: 0, align: 'start' })
    shownBefore.current = true
  }, [virtuoso, view, sort, search])
}

