import { IconChecks } from '@tabler/icons-react'
import classes from './Logo.module.css'

/** The portal's mark: what a reply is after. */
export function Logo() {
  return (
    <span className={classes.logo} aria-hidden>
      <IconChecks size={16} stroke={2} />
    </span>
  )
}
