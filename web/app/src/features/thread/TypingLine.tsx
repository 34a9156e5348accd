import { typistsText } from '@/components/typistsText'
import type { Typist } from '@/hooks/useConversations'
import { useI18n } from '@/i18n/I18nContext'
import classes from './TypingLine.module.css'

/** Its room above the composer is always there, so that nothing jumps. */
export function TypingLine({ typists }: { typists: Typist[] }) {
  const { t } = useI18n()
  return (
    <div className={classes.line}>
      {typists.length > 0 && (
        <p className={classes.words} data-testid="typing-indicator">
          <span className={classes.dots} aria-hidden>
            <i />
            <i />
            <i />
          </span>
          {typistsText(typists, t)}
        </p>
      )}
    </div>
  )
}
