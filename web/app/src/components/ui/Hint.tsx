import { Tooltip, type TooltipProps } from '@mantine/core'
import { useI18n } from '@/i18n/I18nContext'

interface HintProps extends Pick<TooltipProps, 'position' | 'disabled'> {
  label: string
  /** The key that does the same. */
  shortcut?: string
  children: TooltipProps['children']
}

/** A tooltip that also names the key. */
export function Hint({ label, shortcut, children, ...rest }: HintProps) {
  const { t } = useI18n()
  return (
    <Tooltip label={shortcut ? t('keys.hint', { action: label, key: shortcut }) : label} {...rest}>
      {children}
    </Tooltip>
  )
}
