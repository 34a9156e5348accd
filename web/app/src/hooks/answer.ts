import { useQueryClient, type QueryKey, type UseQueryResult } from '@tanstack/react-query'
import { asApiError, type ApiError } from '@/lib/api'

/**
 * Why a query has no (new) answer: the last failure, also while it is tried
 * again; `error.retryAt` tells when that is.
 */
export function errorOf({ error, failureReason }: Pick<UseQueryResult, 'error' | 'failureReason'>): ApiError | null {
  const thrown = error ?? failureReason
  return thrown ? asApiError(thrown) : null
}

export interface Answer<T> {
  data?: T
  /** The first answer is awaited; false once that failed. */
  isLoading: boolean
  error: ApiError | null
  /** Asks now, also where a repetition waits for its time. */
  refetch: () => void
}

export function useAnswer<T>(query: UseQueryResult<T>, queryKey: QueryKey): Answer<T> {
  const client = useQueryClient()
  const error = errorOf(query)
  return {
    data: query.data,
    isLoading: query.isPending && !error,
    error,
    refetch: () => void client.cancelQueries({ queryKey, exact: true }).then(() => query.refetch()),
  }
}
