const TICK_MS = 2000
/** A tick that is later than this means that the machine slept. */
const JUMP_MS = 10_000

type WakeUp = 'offline' | 'online' | 'visible' | 'clock'

/** Calls when the connection may have died unnoticed, or can be had again. */
export function watchForWakeUps(notify: (kind: WakeUp) => void): () => void {
  const offline = () => notify('offline')
  const online = () => notify('online')
  const visible = () => {
    if (document.visibilityState === 'visible') notify('visible')
  }
  window.addEventListener('offline', offline)
  window.addEventListener('online', online)
  window.addEventListener('pageshow', visible)
  document.addEventListener('visibilitychange', visible)

  let last = Date.now()
  const ticking = setInterval(() => {
    const now = Date.now()
    if (now - last > TICK_MS + JUMP_MS) notify('clock')
    last = now
  }, TICK_MS)

  return () => {
    window.removeEventListener('offline', offline)
    window.removeEventListener('online', online)
    window.removeEventListener('pageshow', visible)
    document.removeEventListener('visibilitychange', visible)
    clearInterval(ticking)
  }
}
