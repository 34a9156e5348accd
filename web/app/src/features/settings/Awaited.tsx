import { Late } from '@/components/ui/Late'
import { LoadError } from '@/components/ui/LoadError'
import { RowSkeletons } from '@/components/ui/RowSkeletons'
import type { Answer } from '@/hooks/answer'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Admin.module.css'

/** A field's height, in px. */
const FIELD = 48

/** What stands in the place of a section's fields until they are there: how many are to come, or why they don't. */
export function Awaited({ answer: { data, error, refetch }, rows }: { answer: Answer<unknown>; rows: number }) {
  const { t } = useI18n()
  if (data) return null
  if (error) {
    return (
      <div className={classes.flush}>
        <LoadError title={t('error.settings')} error={error} onRetry={refetch} />
      </div>
    )
  }
  return (
    <Late>
      <RowSkeletons height={FIELD} lines={1} rows={rows} flush />
    </Late>
  )
}
