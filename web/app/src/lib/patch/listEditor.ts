import type { Conversation } from '../types'
import type { ListData, ListScope } from './conversationList'
import { compareKeys, matches, sortKey, type SortKey } from './order'

interface Change {
  conversation: Conversation
  /** Where it stood in the rows; undefined for a newcomer. */
  old: Conversation | undefined
  /** Whether it stands in the list from now on. */
  belongs: boolean
}

type Index = Map<string, Conversation>

/** By rows, so that a burst on a long list doesn't begin by walking through it; handed on from one state to the next. */
const indexes = new WeakMap<Conversation[], Index>()

function indexOf(rows: Conversation[]): Index {
  let index = indexes.get(rows)
  if (!index) {
    index = new Map(rows.map((row) => [row.id, row]))
    indexes.set(rows, index)
  }
  return index
}

/**
 * Takes many changes of one list and writes its rows once: a burst of events on
 * ten thousand rows costs one pass over them, not one for each event.
 */
export class ListEditor {
  private readonly changes = new Map<string, Change>()
  private seq: number

  constructor(
    private readonly list: ListData,
    private readonly scope: ListScope,
  ) {
    this.seq = list.seq
  }

  /** Misses events: what it holds may be old. */
  get stale(): boolean {
    return this.list.stale === true
  }

  /** The conversation as the list knows it after the changes so far. */
  find(id: string): Conversation | undefined {
    return this.changes.get(id)?.conversation ?? indexOf(this.list.conversations).get(id)
  }

  /** Takes over an event's copy, which is ignored where the list already reflects it. */
  apply(conversation: Conversation, seq: number): void {
    if (seq > this.seq && this.place(conversation)) this.seq = seq
  }

  /** Takes over a newer copy; tells whether that changes the list. An older or equal one doesn't. */
  place(conversation: Conversation): boolean {
    const known = this.changes.get(conversation.id)
    const old = known ? known.old : indexOf(this.list.conversations).get(conversation.id)
    const newest = known?.conversation ?? old
    if (newest && newest.version >= conversation.version) return false
    const belongs = this.belongs(conversation)
    if (!belongs && !old && !known) return false
    this.changes.set(conversation.id, { conversation, old, belongs })
    return true
  }

  /** The list with all changes; the same object where there are none. */
  result(): ListData {
    if (this.changes.size === 0) return this.list
    return { ...this.list, seq: this.seq, conversations: this.rows() }
  }

  private belongs(conversation: Conversation): boolean {
    const { filter, me } = this.scope
    const { bound } = this.list
    if (!matches(conversation, filter, me)) return false
    return bound === null || compareKeys(sortKey(conversation, filter.sort), bound) <= 0
  }

  private rows(): Conversation[] {
    const { conversations: rows } = this.list
    const { sort } = this.scope.filter
    const gone = new Set<number>()
    const come: { at: number; key: SortKey; conversation: Conversation }[] = []
    for (const { conversation, old, belongs } of this.changes.values()) {
      if (old) gone.add(this.positionOf(old))
      if (!belongs) continue
      const key = sortKey(conversation, sort)
      come.push({ at: this.placeOf(key), key, conversation })
    }
    come.sort((a, b) => a.at - b.at || compareKeys(a.key, b.key))

    const result: Conversation[] = []
    let next = 0
    for (let at = 0; at <= rows.length; at++) {
      for (let newcomer = come[next]; newcomer?.at === at; newcomer = come[++next]) result.push(newcomer.conversation)
      const row = rows[at]
      if (row && !gone.has(at)) result.push(row)
    }
    this.handOnIndex(result)
    return result
  }

  /** By halving: how many rows stand before the key. */
  private placeOf(key: SortKey): number {
    const { conversations: rows } = this.list
    const { sort } = this.scope.filter
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      const there = rows[middle]
      if (there && compareKeys(sortKey(there, sort), key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  private positionOf(row: Conversation): number {
    const { conversations: rows } = this.list
    const at = this.placeOf(sortKey(row, this.scope.filter.sort))
    return rows[at] === row ? at : rows.indexOf(row)
  }

  private handOnIndex(result: Conversation[]): void {
    const { conversations: rows } = this.list
    const index = indexOf(rows)
    for (const [id, { conversation, belongs }] of this.changes) {
      if (belongs) index.set(id, conversation)
      else index.delete(id)
    }
    indexes.delete(rows)
    indexes.set(result, index)
  }
}
