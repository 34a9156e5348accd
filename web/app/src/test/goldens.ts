/** The golden files are what the server really sends: its own tests write them. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DurableEventName, PortalEvent } from '@/lib/types'

const FOLDER = resolve(import.meta.dirname, '../../../../testdata/golden')

export const goldens = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8'))
}

/** `event.message-new.outbound.json` is a `message:new`. */
const typeOf = (file: string) => file.split('.')[1]!.replace('-', ':') as DurableEventName

/** In the log's order. */
export const goldenEvents = goldens
  .filter((name) => name.startsWith('event.'))
  .map((file) => ({ file, event: { type: typeOf(file), body: readGolden(file) } as PortalEvent }))
  .sort((a, b) => a.event.body.seq - b.event.body.seq)
