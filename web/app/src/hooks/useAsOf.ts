import { useI18n } from '@/i18n/I18nContext'
import { useConnection } from './useConnection'

/** "As of 14:31" while the page is cut off and shows what it knew then; else undefined. */
export function useAsOf(): string | undefined {
  const { t, format } = useI18n()
  const { state, lastSyncAt } = useConnection()
  return state === 'disconnected' && lastSyncAt !== null ? t('list.asOf', { time: format.clock(lastSyncAt) }) : undefined
}
