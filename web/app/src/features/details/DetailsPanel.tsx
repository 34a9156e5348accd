import { ActionIcon } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { Hint } from '@/components/ui/Hint'
import { useI18n } from '@/i18n/I18nContext'
import { Details, type DetailsProps } from './Details'
import classes from './DetailsPanel.module.css'

interface DetailsPanelProps extends DetailsProps {
  onClose: () => void
  /** Takes the focus: what it was opened with is gone. */
  autoFocus: boolean
}

/** The fourth column of a wide screen. */
export function DetailsPanel({ onClose, autoFocus, ...details }: DetailsPanelProps) {
  const { t } = useI18n()
  return (
    <aside className={classes.panel} data-panel="details" aria-label={t('details.title')}>
      <header className={classes.bar}>
        <h2 className={classes.title}>{t('details.title')}</h2>
        <Hint label={t('action.closePanel')}>
          <ActionIcon size={32} aria-label={t('action.closePanel')} autoFocus={autoFocus} onClick={onClose}>
            <IconX size={16} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Hint>
      </header>
      <Details {...details} />
    </aside>
  )
}
