import { Link } from 'react-router'
import { Header } from '@/components/layout/Header'
import { Empty } from '@/components/ui/Empty'
import { useI18n } from '@/i18n/I18nContext'
import classes from './Settings.module.css'

export default function NotFound() {
  const { t } = useI18n()
  return (
    <div className={classes.page}>
      <Header title={t('notFound.title')} />
      <div className={classes.ground}>
        <div className={classes.flush}>
          <Empty title={t('notFound.next')} action={<Link to="/">{t('notFound.home')}</Link>} />
        </div>
      </div>
    </div>
  )
}
