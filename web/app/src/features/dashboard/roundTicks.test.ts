import { expect, test } from 'vitest'
import { roundTicks } from './roundTicks'

test('PAGE-76 a chart’s axis counts from 0 in round steps, up to its highest bar or a little over it', () => {
  const steps = { 0: 1, 1: 1, 3: 1, 4: 2, 7: 5, 29: 10, 31: 20, 72: 25, 100: 50, 700: 250, 1208: 500 }
  for (const [highest, step] of Object.entries(steps)) {
    expect(roundTicks(Number(highest)), highest).toEqual([0, step, 2 * step, 3 * step])
  }
})
