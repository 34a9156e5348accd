let context: AudioContext | null = null

const GESTURES = ['pointerdown', 'keydown'] as const

/** Browsers let a page make sounds only after its user did something in it; from the first such moment on, it can. */
export function unlockChime(): () => void {
  const unlock = () => {
    context ??= new AudioContext()
    void context.resume().then(lock, () => undefined)
  }
  const lock = () => {
    for (const gesture of GESTURES) window.removeEventListener(gesture, unlock)
  }
  for (const gesture of GESTURES) window.addEventListener(gesture, unlock)
  return lock
}

/** Whether this tab may make a sound. */
export function canChime(): boolean {
  return context?.state === 'running'
}

/** Two short soft tones. */
export function chime(): void {
  if (!context || !canChime()) return
  const start = context.currentTime
  for (const [at, frequency] of [
    [0, 660],
    [0.12, 880],
  ] as const) {
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = frequency
    volume.gain.setValueAtTime(0, start + at)
    volume.gain.linearRampToValueAtTime(0.08, start + at + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, start + at + 0.3)
    tone.connect(volume).connect(context.destination)
    tone.start(start + at)
    tone.stop(start + at + 0.3)
  }
}
