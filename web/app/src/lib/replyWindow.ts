/**
 * WhatsApp's rule for free replies: 24 hours from the customer's last message.
 * It is WhatsApp that decides; this only warns.
 */
const WINDOW_MS = 24 * 3_600_000
/** From here on it is worth a warning. */
const CLOSING_MS = 3_600_000

interface ReplyWindow {
  state: 'open' | 'closing' | 'closed'
  /** ms since 1970. */
  endsAt: number
  /** Whole minutes left, at least 1 until it closes, then 0. */
  minutesLeft: number
}

/** @param lastInboundAt when the customer wrote last, RFC 3339 */
export function replyWindow(lastInboundAt: string, now: number): ReplyWindow {
  const endsAt = Date.parse(lastInboundAt) + WINDOW_MS
  const left = endsAt - now
  if (left <= 0) return { state: 'closed', endsAt, minutesLeft: 0 }
  return { state: left <= CLOSING_MS ? 'closing' : 'open', endsAt, minutesLeft: Math.ceil(left / 60_000) }
}
