import type { QueryClient } from '@tanstack/react-query'
import { acceptMessage } from '@/lib/acceptAnswer'
import { createApi, type Api } from '@/lib/api'
import { EventBuffer } from '@/lib/eventBuffer'
import { createQueryClient } from '@/lib/queryClient'
import { createQueries, type Queries } from '@/lib/queryKeys'
import type { User } from '@/lib/types'
import { Drafts } from './drafts'
import { EventPump } from './eventPump'
import { Outbox } from './outbox'
import { IndexedOutboxStore } from './outboxStore'
import type { Session } from './session'
import { Retries } from './retries'
import { SocketService } from './socketService'
import { Sync } from './sync'
import { ThreadRooms } from './threadRooms'
import { TypingBoard } from './typing'

/** Everything that a signed-in page works with, wired for one user. */
export interface PortalClient {
  user: User
  api: Api
  client: QueryClient
  queries: Queries
  socket: SocketService
  pump: EventPump
  rooms: ThreadRooms
  sync: Sync
  outbox: Outbox
  drafts: Drafts
  retries: Retries
  typing: TypingBoard
  /** Connects; the answer disconnects. */
  start(): () => void
}

/** Makes the parts and starts nothing. */
export function createPortalClient(session: Session, user: User): PortalClient {
  const me = user.id
  const api = createApi(session)
  const client = createQueryClient()
  const buffer = new EventBuffer()
  const socket = new SocketService(session)
  const typing = new TypingBoard()
  const pump = new EventPump(client, buffer, me)
  const rooms = new ThreadRooms(client, socket, (id) => typing.forget(id))
  const sync = new Sync({ client, buffer, api, socket, pump, rooms, me })
  const queries = createQueries({ api, client, buffer, me, isLive: () => sync.live })
  const drafts = new Drafts(me)
  const retries = new Retries(me)
  const outbox = new Outbox({
    userId: me,
    store: new IndexedOutboxStore(),
    post: async (id, body) => (await api.post('/api/conversations/{id}/messages', { path: { id }, body })).message,
    accept: (message) => acceptMessage(client, message),
  })

  let running = false
  function start() {
    running = true
    const stops = [
      drafts.start(),
      socket.on('typing:start', (body) => typing.started(body)),
      socket.on('typing:stop', (body) => typing.stopped(body)),
      socket.on('message:new', ({ message }) => typing.sent(message)),
      socket.onConnect(outbox.kick),
    ]
    void outbox.start()
    sync.start()
    return () => {
      running = false
      for (const stop of stops) stop()
      sync.stop()
      outbox.stop()
      typing.clear()
      // Nothing of the signed-out stays; StrictMode's rehearsal starts again at once.
      setTimeout(() => {
        if (!running) client.clear()
      }, 0)
    }
  }

  return { user, api, client, queries, socket, pump, rooms, sync, outbox, drafts, retries, typing, start }
}
