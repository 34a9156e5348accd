import { claim } from '@/lib/tabs'
import type { Conversation } from '@/lib/types'
import { canChime, chime } from './chime'

/** Alerts of one burst are told together. */
const BURST_MS = 250
/** At most so many desktop notifications for a burst. */
const MAX_NOTES = 3
/** For so long nobody else tells of an event. */
const CLAIM_MS = 10_000

export interface AlertSettings {
  sound: boolean
  desktop: boolean
  alertScope: 'mine' | 'unassigned' | 'all'
}

interface Parts {
  me: string
  settings: () => AlertSettings
  /** A person sees this conversation in this tab now. */
  isSeen: (conversationId: string) => boolean
  /** What a note says: who, and what they wrote last. */
  wordsOf: (conversation: Conversation) => { title: string; body: string }
  open: (conversationId: string) => void
}

/** Whether someone wants to hear of the conversation. Choosing the unassigned doesn't mute one's own. */
export function concerns({ assignee }: Conversation, scope: AlertSettings['alertScope'], me: string): boolean {
  if (scope === 'all' || assignee?.id === me) return true
  return scope === 'unassigned' && assignee === null
}

/**
 * Tells of customers' messages by sound and desktop notification. Of several
 * tabs one speaks: the first to claim the event, and a tab that shows the
 * conversation claims it at once and stays silent.
 */
export class Alerter {
  private burst = new Map<string, { seq: number; conversation: Conversation }>()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly parts: Parts) {}

  /** The customer wrote. */
  heard(conversation: Conversation, seq: number): void {
    const { settings, me, isSeen } = this.parts
    if (!concerns(conversation, settings().alertScope, me)) return
    if (isSeen(conversation.id)) {
      void claim(`portal-alert-${seq}`, CLAIM_MS)
      return
    }
    this.burst.set(conversation.id, { seq, conversation })
    // A tab that may make no sound leaves it to one that may.
    this.timer ??= setTimeout(() => void this.speak(), BURST_MS + (canChime() ? 0 : BURST_MS))
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.burst.clear()
  }

  private async speak(): Promise<void> {
    const alerts = [...this.burst.values()]
    this.stop()
    const claims = await Promise.all(alerts.map(({ seq }) => claim(`portal-alert-${seq}`, CLAIM_MS)))
    const ours = alerts.filter((_, i) => claims[i])
    if (ours.length === 0) return
    const { sound, desktop } = this.parts.settings()
    if (sound) chime()
    if (desktop) for (const { conversation } of ours.slice(-MAX_NOTES)) this.notify(conversation)
  }

  private notify(conversation: Conversation): void {
    const { id } = conversation
    if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return
    // The tag lets a later note of the same conversation replace this one.
    const { title, body } = this.parts.wordsOf(conversation)
    const note = new Notification(title, { body, tag: `portal-${id}` })
    note.onclick = () => {
      window.focus()
      note.close()
      this.parts.open(id)
    }
  }
}
