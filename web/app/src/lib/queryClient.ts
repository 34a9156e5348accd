import { QueryClient } from '@tanstack/react-query'
import { asApiError } from './api'

/** How long to wait before the nth (0, 1, …) repetition, in ms. */
export function backoff(n: number, retryAfter?: number): number {
  return retryAfter !== undefined ? Math.max(250, retryAfter * 1000) : Math.min(1000 * 2 ** n, 30_000)
}

/**
 * The cache of a signed-in page. Freshness comes from the socket, so nothing is
 * fetched anew for focus or age; what fails for now is tried until it succeeds.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always',
        // Fetchers keep unchanged objects themselves, by version.
        structuralSharing: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (_count, thrown) => asApiError(thrown).transient,
        retryDelay: (count, thrown) => {
          const error = asApiError(thrown)
          const delay = backoff(count, error.retryAfter)
          error.retryAt = Date.now() + delay
          return delay
        },
      },
    },
  })
}
