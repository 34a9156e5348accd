import { useEffect, useRef } from 'react'
import { usePreferences } from './usePreferences'

type KeyMap = Record<string, (event: KeyboardEvent) => void>

const EDITABLE = 'input, textarea, select, [contenteditable="true"]'
const FLOATING = '[role="dialog"], [role="menu"], [role="listbox"]'

/**
 * Single-key commands, by the character that the key types. They are off while
 * one types, while a menu or dialog is open, and by choice (WCAG 2.1.4).
 */
export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys)
  const { shortcuts } = usePreferences()

  useEffect(() => {
    latest.current = keys
  })

  useEffect(() => {
    if (!shortcuts) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
      const target = event.target instanceof Element ? event.target : null
      if (target?.closest(EDITABLE) || document.querySelector(FLOATING)) return
      const handle = latest.current[commandKey(event)]
      if (!handle) return
      event.preventDefault()
      handle(event)
    }
    // First of all listeners: the Escape that closes a dialog must still find it open here.
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [shortcuts])
}

/** Letters by their place where the layout types no Latin ones (Arabic, Cyrillic). */
function commandKey(event: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]
  if (letter && !/^[a-z]$/i.test(event.key)) return letter.toLowerCase()
  return event.key.length === 1 ? event.key.toLowerCase() : event.key
}
