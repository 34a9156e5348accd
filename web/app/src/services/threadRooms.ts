import type { QueryClient } from '@tanstack/react-query'
import { rewindThread } from '@/lib/freshness'
import { queryKeys } from '@/lib/queryKeys'
import type { ThreadData } from '@/lib/patch/thread'
import type { SocketService } from './socketService'

/** How long to wait before a join that failed for now is repeated. */
const AGAIN_MS = 1000

/** Whether what was refused is to be repeated as it is. */
const isForNow = (code: string) => code === 'internal' || code === 'rate_limited'

interface Room {
  /** How many views show the thread. */
  views: number
  /** The server has us in its room: asked and acknowledged. */
  joined: boolean
  /**
   * The position of a join whose acknowledgement hasn't come, or that failed for
   * now. The server may have us in the room all the same, with a part of the replay lost: the join
   * is repeated from the same position, whatever has come since.
   */
  asked: number | null
  /** The server says that there is no such conversation for us. */
  barred: boolean
  /** The join or leave under way. */
  work: Promise<void> | null
  /** A join asked to reload and then start here. */
  from: number
}

/**
 * Keeps the socket in the rooms of the threads that are on screen. A join
 * carries the position of what is shown, and the server replays what came
 * since; where it can't any more, the thread is loaded anew first.
 */
export class ThreadRooms {
  private readonly rooms = new Map<string, Room>()
  private live = false

  constructor(
    private readonly client: QueryClient,
    private readonly socket: Pick<SocketService, 'emit'>,
    private readonly left: (id: string) => void,
  ) {}

  /** A view shows the thread until the answer is called. */
  open(id: string): () => void {
    const room = this.rooms.get(id) ?? { views: 0, joined: false, asked: null, barred: false, work: null, from: 0 }
    this.rooms.set(id, room)
    room.views++
    void this.reconcile(id)
    let open = true
    return () => {
      if (!open) return
      open = false
      room.views--
      // A view that is only drawn anew opens again within the same task.
      setTimeout(() => void this.reconcile(id), 0)
    }
  }

  isJoined(id: string): boolean {
    return this.rooms.get(id)?.joined ?? false
  }

  /** The connection is gone. If it is recovered, so are its rooms. */
  pause(): void {
    this.live = false
  }

  /** This connection is a new one: the server knows none of our rooms. */
  reset(): void {
    for (const room of this.rooms.values()) {
      room.joined = room.barred = false
      room.asked = null
    }
  }

  /** The connection is in use (again). */
  resume(): void {
    this.live = true
  }

  /** Resolves when every open thread whose messages are loaded has been joined, if it can be. */
  async settle(): Promise<void> {
    await Promise.all([...this.rooms.keys()].map((id) => this.reconcile(id)))
  }

  /** Joins or leaves as wanted. Called again when messages were loaded. */
  async reconcile(id: string): Promise<void> {
    const room = this.rooms.get(id)
    if (!room) return
    room.work ??= this.work(id, room).finally(() => {
      room.work = null
    })
    await room.work
  }

  private async work(id: string, room: Room): Promise<void> {
    for (;;) {
      const wanted = room.views > 0 && !room.barred
      if (wanted ? room.joined : !room.joined && room.asked === null) break
      if (!this.isLive()) return
      const since = this.since(id, room)
      if (wanted && since === undefined) return
      try {
        if (since !== undefined && wanted) await this.join(id, room, since)
        else await this.leave(id, room)
      } catch {
        // No answer, or not now. A lost connection resumes by itself.
        if (this.isLive()) setTimeout(() => void this.reconcile(id), AGAIN_MS)
        return
      }
    }
    if (room.views > 0) return
    this.rooms.delete(id)
    this.left(id)
  }

  /** Asked anew after each wait, in which it may have changed. */
  private isLive(): boolean {
    return this.live
  }

  private since(id: string, room: Room): number | undefined {
    const thread = this.client.getQueryData<ThreadData>(queryKeys.conversations.messages(id))
    if (!thread || thread.stale) return undefined
    return room.asked ?? Math.max(thread.seq, room.from)
  }

  /** Throws where it has to be repeated as it is. */
  private async join(id: string, room: Room, since: number): Promise<void> {
    room.asked = since
    const ack = await this.socket.emit('conversation:join', { conversationId: id, since })
    if (ack.ok) {
      room.joined = true
      room.asked = null
      room.from = 0
      return
    }
    const { code, message, seq = 0 } = ack.error
    switch (code) {
      case 'gone': // the position is older than the log
      case 'invalid': // or not of this log
        room.asked = null
        await this.client.refetchQueries({ queryKey: queryKeys.conversations.messages(id), exact: true })
        room.from = code === 'gone' ? seq : 0
        // Not found in the answer either: its view tells.
        if (this.client.getQueryState(queryKeys.conversations.messages(id))?.status === 'error') room.barred = true
        return
      case 'not_found':
      case 'forbidden':
        room.asked = null
        room.barred = true
        return
      case 'rate_limited':
      case 'internal': // in its course, perhaps: a part of the replay may have come, as of a join without an answer
        throw new Error(message)
    }
  }

  private async leave(id: string, room: Room): Promise<void> {
    const ack = await this.socket.emit('conversation:leave', { conversationId: id })
    if (!ack.ok && isForNow(ack.error.code)) throw new Error(ack.error.message)
    const { asked } = room
    room.joined = false
    room.asked = null
    if (asked === null) return
    // What came without the acknowledgement may have gaps: the next join starts from where there are none.
    rewindThread(this.client, id, asked)
  }
}
