import type { ReactNode } from 'react'
import classes from './States.module.css'

interface EmptyProps {
  title: string
  /** What will happen, or what one can do. */
  children?: ReactNode
  action?: ReactNode
}

export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className={classes.state}>
      <p className={classes.title}>{title}</p>
      {children && <p className={classes.text}>{children}</p>}
      {action && <div className={classes.action}>{action}</div>}
    </div>
  )
}
