import { Switch } from '@mantine/core'
import { Field } from './Section'

interface ToggleProps {
  label: string
  hint?: string
  checked: boolean
  saved: boolean
  onChange: (checked: boolean) => void
}

export function Toggle({ label, hint, checked, saved, onChange }: ToggleProps) {
  return (
    <Field label={label} hint={hint} saved={saved}>
      <Switch withThumbIndicator={false} aria-label={label} checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
    </Field>
  )
}
