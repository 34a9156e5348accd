import { useEffect, useState } from 'react'
import { usePreferences, type Preferences } from '@/hooks/usePreferences'

const SHOWN_MS = 2000

/** Saves a choice and tells for a moment which one was saved. */
export function useSaved() {
  const preferences = usePreferences()
  const [saved, setSaved] = useState<keyof Preferences | null>(null)

  useEffect(() => {
    if (saved === null) return
    const timer = setTimeout(() => setSaved(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [saved])

  const save = (change: Partial<Preferences>) => {
    preferences.set(change)
    setSaved((Object.keys(change)[0] as keyof Preferences | undefined) ?? null)
  }
  return { preferences, save, isSaved: (name: keyof Preferences) => saved === name }
}
