import classes from './UnreadBadge.module.css'

interface UnreadBadgeProps {
  count: number
  /** What the number means, for screen readers. */
  label: string
  /** The mark by which tests find it, where it is the tenant's total. */
  testId?: string
}

/** An unread count; nothing at 0. Rows cap at 99+, the total stands whole. */
export function UnreadBadge({ count, label, testId }: UnreadBadgeProps) {
  if (count === 0) return null
  const capped = count > 99 && !testId
  return (
    <>
      <span className={classes.badge} data-testid={testId} data-wide={capped || undefined} aria-hidden>
        {capped ? '99+' : count}
      </span>
      <span className="sr-only">{label}</span>
    </>
  )
}
