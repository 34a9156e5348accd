import { Link } from 'react-router'
import { Empty } from '@/components/ui/Empty'
import { useI18n } from '@/i18n/I18nContext'
import { listQuery, viewTitle, type ListAddress } from '@/lib/views'

export function EmptyList({ address }: { address: ListAddress }) {
  const { t } = useI18n()
  const { view, search } = address
  if (!search) return <Empty title={t(`list.empty.${view}`)}>{t(`list.emptyNext.${view}`)}</Empty>
  const everywhere = `/conversations${listQuery({ ...address, view: 'all' })}`
  return (
    <Empty
      title={t('list.noMatch', { query: search })}
      action={view !== 'all' && <Link to={everywhere}>{t('list.searchEverything')}</Link>}
    >
      {view !== 'all' && t('list.noMatchNext', { view: t(viewTitle[view]) })}
    </Empty>
  )
}
