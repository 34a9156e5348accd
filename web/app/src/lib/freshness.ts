/** Which of the cache's data events keep true, and what becomes of it when some were missed. */
import type { Query, QueryClient } from '@tanstack/react-query'
import type { ThreadData } from './patch/thread'
import { queryKeys } from './queryKeys'

/** What the data of every query that events keep fresh has. */
interface Live {
  seq: number
  stale?: boolean
}

/** Undefined where nothing is loaded, and for what events say nothing of. */
export function liveData(query: Query): Live | undefined {
  const [area, kind] = query.queryKey
  if (area !== 'conversations' && !(area === 'analytics' && kind === 'metrics')) return undefined
  return query.state.data as Live | undefined
}

export const isCounter = ({ queryKey: [, kind] }: Query) => kind === 'unread' || kind === 'metrics'

/** Marks what is on screen and older than a position; what isn't on screen is dropped. */
export function markStale(client: QueryClient, below: number): void {
  const outdated = (query: Query) => {
    const data = liveData(query)
    // A thread's join replays what it lacks, unless the log isn't the same any more.
    if (query.queryKey[1] === 'messages' && below !== Infinity) return false
    return data !== undefined && data.seq < below
  }
  client.removeQueries({ predicate: outdated, type: 'inactive' })
  for (const query of client.getQueryCache().findAll({ predicate: outdated })) {
    client.setQueryData(query.queryKey, { ...liveData(query), stale: true })
  }
}

/** Above this position the thread may have gaps: its next join starts from here. */
export function rewindThread(client: QueryClient, id: string, seq: number): void {
  client.setQueryData<ThreadData>(queryKeys.conversations.messages(id), (thread) => thread && { ...thread, seq })
}
