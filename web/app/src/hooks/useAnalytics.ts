import { useQuery } from '@tanstack/react-query'
import { usePortal } from '@/contexts/SyncContext'
import type { DeliveryStats, MessageVolume, Metrics, Period } from '@/lib/types'
import { useAnswer, type Answer } from './answer'

/** The dashboard's figures: moved by events, asked anew every 30 s. */
export function useMetrics(): Answer<Metrics> {
  const options = usePortal().queries.metrics()
  return useAnswer(useQuery(options), options.queryKey)
}

export function useMessageVolume(period: Period): Answer<MessageVolume> {
  const options = usePortal().queries.volume(period)
  return useAnswer(useQuery(options), options.queryKey)
}

export function useDeliveryStats(period: Period): Answer<DeliveryStats> {
  const options = usePortal().queries.delivery(period)
  return useAnswer(useQuery(options), options.queryKey)
}
