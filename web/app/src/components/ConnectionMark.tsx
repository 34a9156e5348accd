import type { ConnectionState } from '@/hooks/useConnection'
import classes from './ConnectionMark.module.css'

/** A full dot, an open ring, a crossed ring: told apart without colour. */
export function ConnectionMark({ state }: { state: ConnectionState }) {
  return (
    <svg className={classes.mark} data-state={state} width={12} height={12} viewBox="0 0 12 12" aria-hidden>
      {state === 'connected' && <circle cx={6} cy={6} r={4.5} fill="currentColor" />}
      {state === 'reconnecting' && (
        <path d="M9.5 8.4A4.2 4.2 0 1 1 9.5 3.6" fill="none" stroke="currentColor" strokeWidth={2} strokeLinecap="round" />
      )}
      {state === 'disconnected' && (
        <>
          <circle cx={6} cy={6} r={4.2} fill="none" stroke="currentColor" strokeWidth={2} />
          <path d="M3.2 3.2l5.6 5.6" stroke="currentColor" strokeWidth={2} />
        </>
      )}
    </svg>
  )
}
