import { SegmentedControl } from '@mantine/core'
import { useId } from 'react'
import { Field } from './Section'

interface ChoiceProps<T extends string> {
  label: string
  hint?: string
  options: { value: T; label: string }[]
  value: T
  saved: boolean
  onChange: (value: T) => void
}

/** One of a few, all of them in sight. */
export function Choice<T extends string>({ label, hint, options, value, saved, onChange }: ChoiceProps<T>) {
  const id = useId()
  return (
    <Field label={label} labelId={id} hint={hint} saved={saved}>
      <SegmentedControl aria-labelledby={id} data={options} value={value} onChange={onChange} />
    </Field>
  )
}
