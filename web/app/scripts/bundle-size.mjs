// Fails the build where a page asks for more JavaScript than it may. Reads the
// build's manifest and takes it away again: the binary carries what is served.
import { readFileSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

/** KB of gzip (1 KB is 1,000 bytes) for the first view of a page: its entries with all that they import at once. */
const pages = {
  'sign-in': { limit: 120, entries: ['index.html', 'src/pages/SignIn.tsx'] },
  workspace: { limit: 250, entries: ['index.html', 'src/SignedIn.tsx', 'src/pages/Workspace.tsx'] },
}

function filesOf(entries) {
  const files = new Set()
  const visit = (name) => {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`${name} isn't in the build's manifest`)
    if (files.has(chunk.file)) return
    files.add(chunk.file)
    chunk.imports?.forEach(visit)
  }
  entries.forEach(visit)
  return [...files].filter((file) => file.endsWith('.js'))
}

let over = false
for (const [page, { limit, entries }] of Object.entries(pages)) {
  const bytes = filesOf(entries).reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0)
  const size = bytes / 1000
  console.log(`${page}: ${size.toFixed(1)} of ${limit} KB JavaScript, gzip`)
  over ||= size > limit
}
rmSync(new URL('.vite', dist), { recursive: true })
if (over) {
  console.error('too much JavaScript for the first view: load what is needed later with loadChunk')
  process.exit(1)
}
