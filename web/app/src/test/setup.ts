import 'fake-indexeddb/auto'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

configure({
  // As the page itself is drawn: what isn't cleaned up, or counts on running once, shows.
  reactStrictMode: true,
  // Generous, for machines that do much else: what is waited for comes long before.
  asyncUtilTimeout: 15_000,
})

afterEach(() => {
  cleanup()
})
