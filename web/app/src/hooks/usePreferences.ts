import { useSyncExternalStore } from 'react'
import { Listeners } from '@/lib/listeners'

export interface Preferences {
  density: 'comfortable' | 'compact'
  theme: 'light' | 'dark' | 'auto'
  /** A language tag of the catalogue; auto follows the browser. */
  language: string
  sound: boolean
  desktop: boolean
  alertScope: 'mine' | 'unassigned' | 'all'
  /** The details beside the thread, where there is room for them. */
  details: boolean
  /** Single-key commands; WCAG 2.1.4 asks that they can be turned off. */
  shortcuts: boolean
}

const KEY = 'portal.preferences'

const defaults: Preferences = {
  density: 'comfortable',
  theme: 'auto',
  language: 'auto',
  sound: true,
  desktop: false,
  alertScope: 'all',
  details: true,
  shortcuts: true,
}

/** What was kept, as far as it still means something. */
function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>
    const valid = Object.entries(kept).filter(([name, value]) => typeof value === typeof defaults[name as keyof Preferences])
    return { ...defaults, ...Object.fromEntries(valid) }
  } catch {
    return defaults
  }
}

let current: Preferences | undefined
const changed = new Listeners()

/** The preferences now, for code outside components. */
export function preferences(): Preferences {
  return (current ??= read())
}

function subscribe(listener: () => void): () => void {
  const other = (event: StorageEvent) => {
    if (event.key !== KEY) return
    current = read()
    listener()
  }
  window.addEventListener('storage', other)
  const off = changed.add(listener)
  return () => {
    window.removeEventListener('storage', other)
    off()
  }
}

function set(change: Partial<Preferences>): void {
  current = { ...preferences(), ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // Full or forbidden: they then last as long as the page.
  }
  changed.call()
}

/** The person's choices on this device, the same in all its tabs. */
export function usePreferences(): Preferences & { set: (change: Partial<Preferences>) => void } {
  return { ...useSyncExternalStore(subscribe, preferences), set }
}
