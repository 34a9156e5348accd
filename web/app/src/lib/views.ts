/**
 * What the list shows, as it stands in the address: `?view=mine&sort=unread&q=…`.
 * So a view survives a reload, can be linked to, and Back returns to it.
 */
import type { TextKey } from '@/i18n/catalogue'
import type { ConversationFilter, ConversationSort } from './types'

export const views = ['active', 'mine', 'unassigned', 'closed', 'all'] as const
export type View = (typeof views)[number]

export const sorts = ['lastActivity', 'createdAt', 'unread'] as const satisfies readonly ConversationSort[]

export interface ListAddress {
  view: View
  sort: ConversationSort
  search: string
}

export const viewTitle: Record<View, TextKey & `view.${View}`> = {
  active: 'view.active',
  mine: 'view.mine',
  unassigned: 'view.unassigned',
  closed: 'view.closed',
  all: 'view.all',
}

const viewFilter: Record<View, ConversationFilter> = {
  active: { status: 'active' },
  mine: { status: 'active', assignee: 'me' },
  unassigned: { status: 'active', assignee: 'unassigned' },
  closed: { status: 'closed' },
  all: {},
}

export function readListAddress(params: URLSearchParams): ListAddress {
  return {
    view: views.find((view) => view === params.get('view')) ?? 'active',
    sort: sorts.find((sort) => sort === params.get('sort')) ?? 'lastActivity',
    search: params.get('q') ?? '',
  }
}

/** The address's query, with its `?`, or empty where everything is as usual. */
export function listQuery({ view, sort, search }: ListAddress): string {
  const params = new URLSearchParams()
  if (view !== 'active') params.set('view', view)
  if (sort !== 'lastActivity') params.set('sort', sort)
  if (search) params.set('q', search)
  const query = params.toString()
  return query && `?${query}`
}

export function listFilter({ view, sort, search }: ListAddress): ConversationFilter {
  return { ...viewFilter[view], sort, ...(search && { search }) }
}

export function conversationPath(id: string, address?: ListAddress): string {
  return `/conversations/${encodeURIComponent(id)}${address ? listQuery(address) : ''}`
}
