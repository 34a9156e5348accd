/** What admins manage: the channel, the team, what couldn't be applied. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { usePortal } from '@/contexts/SyncContext'
import { acceptChannel, acceptUser, dropLetter } from '@/lib/acceptAnswer'
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
        acceptChannel(client, await api.put('/api/settings/whatsapp', { body: change }))
      },
      test: () => api.post('/api/settings/whatsapp/test'),
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
    const accept = ({ user }: { user: UserSummary }) => acceptUser(client, user)
    return {
      add: async (user: NewUser) => accept(await api.post('/api/users', { body: user })),
      change: async (id: string, change: UserChange) =>
        accept(await api.patch('/api/users/{id}', { path: { id }, body: change })),
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
    const at = ({ queue, key }: DeadLetter) => ({ path: { queue, key } })
    return {
      republish: async (letter: DeadLetter) => {
        await api.post('/api/dead-letters/{queue}/{key}/republish', at(letter))
        dropLetter(client, letter)
      },
      discard: async (letter: DeadLetter) => {
        await api.delete('/api/dead-letters/{queue}/{key}', at(letter))
        dropLetter(client, letter)
      },
    }
  }, [api, client])
  return { ...answer, ...actions }
}
