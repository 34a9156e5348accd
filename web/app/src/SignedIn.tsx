import { SyncProvider } from '@/contexts/SyncContext'
import Layout from '@/pages/Layout'

/** What only a signed-in page needs; a chunk of its own, so that signing in loads fast. */
export default function SignedIn() {
  return (
    <SyncProvider>
      <Layout />
    </SyncProvider>
  )
}
