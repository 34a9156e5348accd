import { useI18n } from '@/i18n/I18nContext'
import classes from './KeyList.module.css'
import { Key } from './ui/Key'

/** Every key that the page knows, in the order in which one meets them. */
export function KeyList() {
  const { t } = useI18n()
  const rows = [
    { keys: ['j', 'k'], action: t('keys.next') },
    { keys: [t('keys.enter')], action: t('keys.open') },
    { keys: ['/'], action: t('keys.search') },
    { keys: ['r'], action: t('keys.reply') },
    { keys: ['a'], action: t('keys.assign') },
    { keys: ['e'], action: t('keys.close') },
    { keys: [t('keys.escape')], action: t('keys.back') },
    { keys: ['?'], action: t('keys.help') },
  ]
  return (
    <dl className={classes.keys}>
      {rows.map(({ keys, action }) => (
        <div key={action} className={classes.row}>
          <dt className={classes.caps}>
            {keys.map((key) => (
              <Key key={key}>{key}</Key>
            ))}
          </dt>
          <dd>{action}</dd>
        </div>
      ))}
    </dl>
  )
}
