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
  return (
    <>
      <span className={classes.badge} data-testid={testId} aria-hidden>
        {testId || count <= 99 ? count : '99+'}
      </span>
      <span className="sr-only">{label}</span>
    </>
  )
}
