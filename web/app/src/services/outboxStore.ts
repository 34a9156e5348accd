import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Message, Problem } from '@/lib/types'

/** A reply that the server hasn't taken yet. */
export interface OutboxItem {
  /** Unique in its conversation; with it, however often it is sent, one message comes of it. */
  clientId: string
  userId: string
  conversationId: string
  text: string
  createdAt: string
  /** Its place in the queue. */
  order: number
  /** The newest message that its writer had seen. */
  seenMessageId?: string
  force?: boolean
  /** `stale`: another agent has answered meanwhile, and its writer is to decide. */
  state: 'waiting' | 'stale' | 'failed'
  newer?: Message[]
  problem?: Problem
}

interface Schema extends DBSchema {
  outbox: { key: [string, string]; value: OutboxItem; indexes: { userId: string } }
}

/** Keeps waiting replies on this device, so that they survive a reload. */
export interface OutboxStore {
  load(userId: string): Promise<OutboxItem[]>
  put(item: OutboxItem): Promise<void>
  remove(item: OutboxItem): Promise<void>
  close(): void
}

export class IndexedOutboxStore implements OutboxStore {
  private database: Promise<IDBPDatabase<Schema>> | null = null

  constructor(private readonly name = 'agent-portal') {}

  async load(userId: string): Promise<OutboxItem[]> {
    const items = await (await this.open()).getAllFromIndex('outbox', 'userId', userId)
    return items.sort((a, b) => a.order - b.order)
  }

  async put(item: OutboxItem): Promise<void> {
    await (await this.open()).put('outbox', item)
  }

  async remove({ conversationId, clientId }: OutboxItem): Promise<void> {
    await (await this.open()).delete('outbox', [conversationId, clientId])
  }

  close(): void {
    void this.database?.then((database) => database.close()).catch(() => undefined)
    this.database = null
  }

  private open(): Promise<IDBPDatabase<Schema>> {
    this.database ??= openDB<Schema>(this.name, 1, {
      upgrade: (database) => {
        database.createObjectStore('outbox', { keyPath: ['conversationId', 'clientId'] }).createIndex('userId', 'userId')
      },
      // A newer page of ours wants to change the schema.
      blocking: () => this.close(),
    })
    return this.database
  }
}
