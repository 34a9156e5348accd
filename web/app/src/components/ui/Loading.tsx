import { useOffline } from '@/hooks/useOffline'
import { useI18n } from '@/i18n/I18nContext'
import { Late } from './Late'
import classes from './Loading.module.css'

/** In the place of a part of the page that isn't there yet: that it comes, or what it waits for. */
export function Loading({ floating = false }: { floating?: boolean }) {
  const { t } = useI18n()
  const offline = useOffline()
  return (
    <Late>
      <p className={classes.words} data-floating={floating} role="status">
        {t(offline ? 'app.loadingOffline' : 'app.loading')}
      </p>
    </Late>
  )
}
