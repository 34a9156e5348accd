// @vitest-environment node
/**
 * Recomputes the contrast of every pair of colours that may meet, from the
 * tokens as they stand. 4.5 for text, 3 for controls and bars (WCAG 2.2 AA).
 */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Scheme = 'light' | 'dark'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const tokens: Record<Scheme, Map<string, string>> = {
  light: readBlock(/^:root \{$([^}]*)\}/m),
  dark: readBlock(/^:root\[data-mantine-color-scheme='dark'\] \{$([^}]*)\}/m),
}

function readBlock(block: RegExp): Map<string, string> {
  const body = block.exec(css)?.[1] ?? ''
  return new Map([...body.matchAll(/--ap-([\w-]+):\s*(#[0-9a-f]{6})/gi)].map(([, name, hex]) => [name!, hex!]))
}

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(scheme: Scheme, ink: string, ground: string): number {
  const [a, b] = [ink, ground].map((role) => {
    const hex = tokens[scheme].get(role)
    if (!hex) throw new Error(`no token ${role} in ${scheme}`)
    return luminance(hex)
  })
  return (Math.max(a!, b!) + 0.05) / (Math.min(a!, b!) + 0.05)
}

const text: Record<string, string[]> = {
  ink: ['canvas', 'surface', 'sunken', 'raised', 'hover', 'selected', 'bubble-in', 'bubble-out', 'wait-soft', 'fail-soft'],
  'ink-2': ['canvas', 'surface', 'sunken', 'raised', 'hover', 'selected', 'bubble-in', 'bubble-out', 'wait-soft', 'fail-soft'],
  'ink-3': ['canvas', 'surface', 'sunken', 'raised', 'hover', 'selected', 'bubble-in'],
  'accent-ink': ['canvas', 'surface', 'raised', 'hover', 'selected', 'accent-soft', 'bubble-out', 'bubble-in'],
  'on-accent': ['accent', 'accent-hover'],
  'on-badge': ['badge'],
  'on-tooltip': ['tooltip'],
  read: ['surface', 'hover', 'selected', 'bubble-out'],
  ok: ['surface', 'sunken'],
  wait: ['surface', 'sunken', 'wait-soft'],
  fail: ['surface', 'canvas', 'hover', 'selected', 'fail-soft'],
}

const shapes: Record<string, string[]> = {
  edge: ['surface', 'canvas', 'raised'],
  'chart-in': ['surface'],
  'chart-out': ['surface'],
}

const pairs = (table: Record<string, string[]>) =>
  Object.entries(table).flatMap(([ink, grounds]) => grounds.map((ground) => [ink, ground] as const))

describe.each<Scheme>(['light', 'dark'])('contrast in %s', (scheme) => {
  it.each(pairs(text))('%s on %s can be read', (ink, ground) => {
    expect(contrast(scheme, ink, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(pairs(shapes))('%s on %s can be made out', (ink, ground) => {
    expect(contrast(scheme, ink, ground)).toBeGreaterThanOrEqual(3)
  })
})

it('both schemes name the same colours', () => {
  expect([...tokens.dark.keys()]).toEqual([...tokens.light.keys()])
})
