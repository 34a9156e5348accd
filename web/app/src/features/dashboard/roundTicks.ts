/** Three steps of a round height, as one counts them: 1, 2, 5, 10, 20, 25, 50 … */
export function roundTicks(highest: number): number[] {
  const wanted = Math.max(1, highest) / 3
  const scale = 10 ** Math.floor(Math.log10(wanted))
  const step = [1, 2, 2.5, 5, 10].map((n) => n * scale).find((n) => n >= wanted && Number.isInteger(n)) ?? Math.ceil(wanted)
  return [0, 1, 2, 3].map((n) => n * step)
}
