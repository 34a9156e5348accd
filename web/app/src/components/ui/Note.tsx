import type { ComponentType, ReactNode } from 'react'
import classes from './Note.module.css'

interface NoteProps {
  icon: ComponentType<{ size?: number; stroke?: number }>
  /** What is so, in bold. */
  lead: ReactNode
  /** What follows from it. */
  children?: ReactNode
  actions?: ReactNode
  tone?: 'neutral' | 'wait' | 'fail'
  /** Announced at once when it appears: for answers to one's own action. */
  urgent?: boolean
}

/** Something to know, in place: icon, one bold sentence, what follows, what can be done. */
export function Note({ icon: Icon, lead, children, actions, tone = 'neutral', urgent = false }: NoteProps) {
  return (
    <div className={classes.note} data-tone={tone} role={urgent ? 'alert' : 'note'}>
      <span className={classes.icon} aria-hidden>
        <Icon size={16} stroke={1.75} />
      </span>
      <div className={classes.text}>
        <strong className={classes.lead}>{lead}</strong> {children}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  )
}
