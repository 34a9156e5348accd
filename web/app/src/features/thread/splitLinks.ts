interface TextPart {
  text: string
  href?: string
}

const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"]+/gi
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?'’”»]+$/

/** Cuts a text into plain parts and web addresses; only http and https become links. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimEnd(match[0])
    if (match.index > from) parts.push({ text: text.slice(from, match.index) })
    parts.push({ text: address, href: /^www\./i.test(address) ? `https://${address}` : address })
    from = match.index + address.length
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}

/** A closing bracket belongs to the address only if its opening one does. */
function trimEnd(address: string): string {
  const trimmed = address.replace(TRAILING, '')
  if (trimmed.endsWith(')') && !trimmed.includes('(')) return trimEnd(trimmed.slice(0, -1))
  return trimmed
}
