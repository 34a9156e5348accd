import { Listeners } from '@/lib/listeners'
import type { Actor, Message, TypingBody } from '@/lib/types'

/** While one types, the start is repeated this often. */
const REPEAT_MS = 2000
/** Without a key for so long, one has stopped. */
const IDLE_MS = 4000
/** A start that isn't repeated is forgotten after this time. */
const FORGET_MS = 3000

/**
 * Tells the others that this person types. A key between two repeats isn't
 * told at once but at the next repeat, so that their display doesn't flicker.
 */
export class TypingSender {
  private startedAt: number | null = null
  private keyAt = 0
  private repeat: ReturnType<typeof setTimeout> | undefined
  private idle: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly tell: (event: 'typing:start' | 'typing:stop') => void) {}

  /** The box's text changed. */
  input(text: string): void {
    if (text === '') return this.stop()
    this.keyAt = Date.now()
    clearTimeout(this.idle)
    this.idle = setTimeout(() => this.stop(), IDLE_MS)
    if (this.startedAt === null) this.start()
    else this.repeat ??= setTimeout(() => this.start(), Math.max(0, this.startedAt + REPEAT_MS - this.keyAt))
  }

  /** Sent, left, emptied or idle. */
  stop(): void {
    clearTimeout(this.repeat)
    clearTimeout(this.idle)
    this.repeat = undefined
    if (this.startedAt === null) return
    this.startedAt = null
    this.tell('typing:stop')
  }

  private start(): void {
    this.repeat = undefined
    this.startedAt = Date.now()
    this.tell('typing:start')
  }
}

const nobody: Actor[] = []
const keyOf = ({ type, id }: Pick<Actor, 'type' | 'id'>) => `${type}:${id}`

interface Typist {
  actor: Actor
  timer: ReturnType<typeof setTimeout>
}

/** Who types where, as told by the others; each person has a timer of their own. */
export class TypingBoard {
  private readonly byConversation = new Map<string, Map<string, Typist>>()
  private readonly lists = new Map<string, Actor[]>()
  private readonly changed = new Listeners()

  subscribe = this.changed.add

  typists(conversationId: string): Actor[] {
    return this.lists.get(conversationId) ?? nobody
  }

  started({ conversationId, actor }: TypingBody): void {
    const typists = this.byConversation.get(conversationId) ?? new Map<string, Typist>()
    this.byConversation.set(conversationId, typists)
    const key = keyOf(actor)
    const known = typists.get(key)
    if (known) clearTimeout(known.timer)
    typists.set(key, { actor, timer: setTimeout(() => this.remove(conversationId, key), FORGET_MS) })
    if (known?.actor.name !== actor.name) this.publish(conversationId)
  }

  stopped({ conversationId, actor }: TypingBody): void {
    this.remove(conversationId, keyOf(actor))
  }

  /** Who has sent isn't typing that any more. */
  sent({ conversationId, author }: Pick<Message, 'conversationId' | 'author'>): void {
    const typists = this.byConversation.get(conversationId)
    if (!typists || author.type === 'system') return
    for (const [key, { actor }] of [...typists]) {
      // A conversation has one customer, whatever id typing knows them by.
      if (actor.type === author.type && (actor.type === 'customer' || actor.id === author.id)) {
        this.remove(conversationId, key)
      }
    }
  }

  /** The conversation was left: nothing more will be heard of it. */
  forget(conversationId: string): void {
    for (const key of [...(this.byConversation.get(conversationId)?.keys() ?? [])]) this.remove(conversationId, key)
  }

  clear(): void {
    for (const id of [...this.byConversation.keys()]) this.forget(id)
  }

  private remove(conversationId: string, key: string): void {
    const typists = this.byConversation.get(conversationId)
    const typist = typists?.get(key)
    if (!typists || !typist) return
    clearTimeout(typist.timer)
    typists.delete(key)
    if (typists.size === 0) this.byConversation.delete(conversationId)
    this.publish(conversationId)
  }

  private publish(conversationId: string): void {
    const typists = this.byConversation.get(conversationId)
    if (typists) this.lists.set(conversationId, [...typists.values()].map(({ actor }) => actor))
    else this.lists.delete(conversationId)
    this.changed.call()
  }
}
