import { useSyncExternalStore } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import type { RetryTimes } from '@/services/retries'

/** When failed messages were sent again from this device, by id. */
export function useRetries(): RetryTimes {
  const { retries } = usePortal()
  return useSyncExternalStore(retries.subscribe, retries.snapshot)
}
