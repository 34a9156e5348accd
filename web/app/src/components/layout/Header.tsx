import type { ReactNode } from 'react'
import { ConnectionStatus } from '@/components/ConnectionStatus'
import { useLayout } from '@/hooks/useLayout'
import classes from './Header.module.css'

interface HeaderProps {
  title: ReactNode
  /** Beside the title, in small. */
  sub?: ReactNode
  actions?: ReactNode
}

/** The bar over a page or pane. All are 52 high, so that one hairline runs through. */
export function Header({ title, sub, actions }: HeaderProps) {
  const layout = useLayout()
  return (
    <header className={classes.header}>
      <h1 className={classes.title}>{title}</h1>
      {sub && <span className={classes.sub}>{sub}</span>}
      <span className={classes.space} />
      {layout === 'phone' && <ConnectionStatus form="mark" />}
      {actions}
    </header>
  )
}
