/** What admins manage: the channel, the team, what couldn't be applied. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import { queryKeys } from '@/lib/queryKeys'
import type { ChannelChange, ChannelTest, DeadLetter, Installation, NewUser, UserChange, WhatsAppChannel } from '@/lib/settingsTypes'
import type { UserSummary } from '@/lib/types'
import { useAnswer, type Answer } from './answer'

export function useInstallation(): Answer<Installation> {
  const options = usePortal().queries.installation()
  return useAnswer(useQuery(options), options.queryKey)
}

export interface Channel extends Answer<WhatsAppChannel> {
  /** Rejects with ApiError. */
  save: (change: ChannelChange) => Promise<void>
  /** Asks WhatsApp with what is saved. */
  test: () => Promise<ChannelTest>
}

export function useChannel(): Channel {
  const { api, queries } = usePortal()
  const client = useQueryClient()
  const answer = useAnswer(useQuery(queries.channel()), queryKeys.settings.channel)
  const actions = useMemo(
    () => ({
      save: async (change: ChannelChange) => {
        client.setQueryData(queryKeys.settings.channel, await api.put<WhatsAppChannel>('/api/settings/whatsapp', change))
      },
      test: () => api.post<ChannelTest>('/api/settings/whatsapp/test'),
    }),
    [api, client],
  )
  return { ...answer, ...actions }
}

export interface Team extends Answer<UserSummary[]> {
  /** Reject with ApiError. */
  add: (user: NewUser) => Promise<void>
  change: (id: string, change: UserChange) => Promise<void>
}

export function useTeam(): Team {
  const { api, queries } = usePortal()
  const client = useQueryClient()
  const answer = useAnswer(useQuery(queries.users()), queryKeys.users)
  const actions = useMemo(() => {
    const put = ({ user }: { user: UserSummary }) =>
      client.setQueryData<UserSummary[]>(queryKeys.users, (users = []) =>
        [...users.filter(({ id }) => id !== user.id), user].sort((a, b) => a.name.localeCompare(b.name)),
      )
    return {
      add: async (user: NewUser) => void put(await api.post<{ user: UserSummary }>('/api/users', user)),
      change: async (id: string, change: UserChange) =>
        void put(await api.patch<{ user: UserSummary }>(`/api/users/${encodeURIComponent(id)}`, change)),
    }
  }, [api, client])
  return { ...answer, ...actions }
}

export interface DeadLetters extends Answer<DeadLetter[]> {
  /** Put it back into its queue, or throw it away. Reject with ApiError. */
  republish: (letter: DeadLetter) => Promise<void>
  discard: (letter: DeadLetter) => Promise<void>
}

export function useDeadLetters(): DeadLetters {
  const { api, queries } = usePortal()
  const client = useQueryClient()
  const answer = useAnswer(useQuery(queries.deadLetters()), queryKeys.settings.deadLetters)
  const actions = useMemo(() => {
    const pathOf = ({ queue, key }: DeadLetter) => `/api/dead-letters/${encodeURIComponent(queue)}/${encodeURIComponent(key)}`
    const drop = (gone: DeadLetter) =>
      client.setQueryData<DeadLetter[]>(queryKeys.settings.deadLetters, (letters = []) =>
        letters.filter(({ queue, key }) => queue !== gone.queue || key !== gone.key),
      )
    return {
      republish: async (letter: DeadLetter) => {
        await api.post(`${pathOf(letter)}/republish`)
        drop(letter)
      },
      discard: async (letter: DeadLetter) => {
        await api.delete(pathOf(letter))
        drop(letter)
      },
    }
  }, [api, client])
  return { ...answer, ...actions }
}
