/** Country codes of two digits; `1` and `7` have one, all others three. */
const twoDigitCodes = new Set(
  ('20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 ' +
    '86 90 91 92 93 94 95 98').split(' '),
)

/**
 * A WhatsApp number (digits only) in groups that the eye can hold. It follows no
 * country's own habit: those would need a table of all numbering plans.
 */
export function formatPhone(waId: string): string {
  const codeLength = waId.startsWith('1') || waId.startsWith('7') ? 1 : twoDigitCodes.has(waId.slice(0, 2)) ? 2 : 3
  const rest = waId.slice(codeLength)
  const groups = rest.match(/\d{1,3}(?=(?:\d{3})*\d{4}$)|\d{4}$|\d+/g) ?? [rest]
  return `+${[waId.slice(0, codeLength), ...groups].join(' ')}`
}
