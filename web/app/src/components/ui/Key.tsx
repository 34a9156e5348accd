import type { ReactNode } from 'react'
import classes from './Key.module.css'

export function Key({ children }: { children: ReactNode }) {
  return <kbd className={classes.key}>{children}</kbd>
}
