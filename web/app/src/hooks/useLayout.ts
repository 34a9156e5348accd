import { useSyncExternalStore } from 'react'

/** How much room there is: one pane, list and thread, or all columns. */
export type Layout = 'phone' | 'narrow' | 'medium' | 'wide'

const steps: [Layout, string][] = [
  ['wide', '(min-width: 1440px)'],
  ['medium', '(min-width: 1024px)'],
  ['narrow', '(min-width: 768px)'],
]

export function useLayout(): Layout {
  return useSyncExternalStore(subscribe, readLayout)
}

function readLayout(): Layout {
  return steps.find(([, query]) => matchMedia(query).matches)?.[0] ?? 'phone'
}

function subscribe(onChange: () => void): () => void {
  const queries = steps.map(([, query]) => matchMedia(query))
  for (const query of queries) query.addEventListener('change', onChange)
  return () => {
    for (const query of queries) query.removeEventListener('change', onChange)
  }
}
