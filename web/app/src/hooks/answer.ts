import { useQueryClient, type QueryKey, type UseQueryResult } from '@tanstack/react-query'
import { asApiError, type ApiError } from '@/lib/api'

export interface Answer<T> {
  data?: T
  /** The first answer is awaited; false once that failed. */
  isLoading: boolean
  /** Why there is no (new) answer. */
  error: ApiError | null
  /** Asks now, also where a repetition waits for its time. */
  refetch: () => void
}

export function useAnswer<T>(query: UseQueryResult<T>, queryKey: QueryKey): Answer<T> {
  const client = useQueryClient()
  const thrown = query.error ?? query.failureReason
  // The last failure, also while it is tried again; `error.retryAt` tells when that is.
  const error = thrown ? asApiError(thrown) : null
  return {
    data: query.data,
    isLoading: query.isPending && !error,
    error,
    refetch: () => void client.cancelQueries({ queryKey, exact: true }).then(() => query.refetch()),
  }
}
