import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from 'react'
import { Late } from '@/components/ui/Late'
import { LoadError } from '@/components/ui/LoadError'
import { PagingError } from '@/components/ui/PagingError'
import { RowSkeletons } from '@/components/ui/RowSkeletons'
import { useAuth } from '@/contexts/AuthContext'
import { useAsOf } from '@/hooks/useAsOf'
import { useDrafts, type ConversationList as List } from '@/hooks/useConversations'
import { useLayout } from '@/hooks/useLayout'
import { useNow } from '@/hooks/useNow'
import { usePreferences } from '@/hooks/usePreferences'
import { useI18n } from '@/i18n/I18nContext'
import { conversationPath, listQuery, type ListAddress } from '@/lib/views'
import { ConversationItem } from './ConversationItem'
import classes from './ConversationList.module.css'
import { EmptyList } from './EmptyList'
import { useHeldOrder } from './useHeldOrder'
import { useHeldPlace } from './useHeldPlace'
import { useRowClicks } from './useRowClicks'
import { useRowKeys } from './useRowKeys'
import { useShortList } from './useShortList'

interface ConversationListProps {
  list: List
  address: ListAddress
  /** The conversation that is open beside the list. */
  selectedId?: string
}

export function ConversationList({ list, address, selectedId }: ConversationListProps) {
  const { t } = useI18n()
  const rowHeight = useRowHeight()
  const asOf = useAsOf()

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
  return (
    <>
      <Rows list={list} address={address} selectedId={selectedId} rowHeight={rowHeight} />
      {asOf && <p className={classes.asOf}>{asOf}</p>}
    </>
  )
}

function useRowHeight(): number {
  const { density } = usePreferences()
  const layout = useLayout()
  if (density === 'compact') return 48
  return layout === 'phone' ? 68 : 60
}

/** Rows that stand ready above and below what is seen. */
const OVERSCAN = 10

function Rows({ list, address, selectedId, rowHeight }: ConversationListProps & { rowHeight: number }) {
  const { t } = useI18n()
  const { user } = useAuth()
  const now = useNow()
  const drafts = useDrafts()
  const { shown, hold } = useHeldOrder(list.conversations)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useRows({ count: shown.length, rowHeight, scroller })
  const isSelectedShown = useMemo(() => shown.some(({ id }) => id === selectedId), [shown, selectedId])
  const focusedId = useRowKeys({ shown, selectedId, frame: scroller, reveal: virtual.reveal })
  const footer = useFooter(list)

  useHeldPlace(scroller, shown, rowHeight)
  useScrollToTop(scroller, address)
  const lastIndex = virtual.rows.at(-1)?.index ?? 0
  useNextPage(list, lastIndex)
  useShortList(list, lastIndex)

  const query = listQuery(address)
  const open = useRowClicks()
  const tabbableId = focusedId ?? (isSelectedShown ? selectedId : shown[0]?.id)
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      onPointerDown={hold}
      onClick={open}
      style={{ '--row-height': `${rowHeight}px` } as React.CSSProperties}
      tabIndex={-1}
    >
      <div role="list" aria-label={t('list.label')} className={classes.rows} style={{ blockSize: shown.length * rowHeight }}>
        {virtual.rows.map(({ index, start }) => {
          const conversation = shown[index]
          if (!conversation) return null
          const { id } = conversation
          const selected = id === selectedId
          return (
            <div
              key={id}
              role="listitem"
              aria-setsize={list.hasNextPage ? -1 : shown.length}
              aria-posinset={index + 1}
              className={classes.row}
              style={{ insetBlockStart: start }}
            >
              <ConversationItem
                conversation={conversation}
                to={`${conversationPath(id)}${query}`}
                selected={selected}
                draft={selected ? undefined : drafts[id]}
                me={user?.id ?? ''}
                now={now}
                tabbable={id === tabbableId}
              />
            </div>
          )
        })}
      </div>
      {footer && <p className={classes.footer}>{footer}</p>}
    </div>
  )
}

interface RowsInput {
  count: number
  rowHeight: number
  scroller: React.RefObject<HTMLDivElement | null>
}

/** Which rows have to be in the page. All are of one height, so nothing is ever measured. */
function useRows({ count, rowHeight, scroller }: RowsInput) {
  // eslint-disable-next-line react-hooks/incompatible-library -- what it gives isn't kept between renders
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    useFlushSync: false,
  })
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight])
  return { rows: virtualizer.getVirtualItems(), reveal: (index: number) => virtualizer.scrollToIndex(index) }
}

/** Asks for the next page before its first row is seen. */
function useNextPage({ conversations, hasNextPage, isFetchingNextPage, nextPageError, fetchNextPage }: List, lastIndex: number) {
  const near = lastIndex >= conversations.length - 1 - OVERSCAN
  useEffect(() => {
    if (near && hasNextPage && !isFetchingNextPage && !nextPageError) fetchNextPage()
  }, [near, hasNextPage, isFetchingNextPage, nextPageError, fetchNextPage])
}

/** What stands below the last row: that more are coming, or why they don't. */
function useFooter(list: List): ReactNode {
  const { t } = useI18n()
  const { isFetchingNextPage, nextPageError, fetchNextPage } = list
  if (isFetchingNextPage) return t('list.loadingMore')
  if (nextPageError) return <PagingError title={t('error.more')} error={nextPageError} onRetry={fetchNextPage} />
  return null
}

/** Another view, sort or search starts at its top. */
function useScrollToTop(scroller: React.RefObject<HTMLElement | null>, { view, sort, search }: ListAddress) {
  const shownBefore = useRef(false)
  useEffect(() => {
    if (shownBefore.current) scroller.current?.scrollTo(0, 0)
    shownBefore.current = true
  }, [scroller, view, sort, search])
}
