import 'fake-indexeddb/auto'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// Generous, for machines that do much else: what is waited for comes long before.
configure({ asyncUtilTimeout: 15_000 })

afterEach(() => {
  cleanup()
})
