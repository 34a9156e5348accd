import { useQuery } from '@tanstack/react-query'
import { usePortal } from '@/contexts/SyncContext'
import type { DeliveryStats, MessageVolume, Metrics, Period } from '@/lib/types'
import { answerOf, type Answer } from './answer'

export type { Answer }

/** The dashboard's figures: moved by events, asked anew every 30 s. */
export function useMetrics(): Answer<Metrics> {
  return answerOf(useQuery(usePortal().queries.metrics()))
}

export function useMessageVolume(period: Period): Answer<MessageVolume> {
  return answerOf(useQuery(usePortal().queries.volume(period)))
}

export function useDeliveryStats(period: Period): Answer<DeliveryStats> {
  return answerOf(useQuery(usePortal().queries.delivery(period)))
}
