import { IconDownload, IconFileText, IconPhotoOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useI18n } from '@/i18n/I18nContext'
import { kindName } from '@/lib/messageText'
import type { ThreadMessage } from '@/lib/types'
import classes from './Media.module.css'

/** What came with the message, in a box that has its final size before it loads. */
export function Media({ message }: { message: ThreadMessage }) {
  const { t } = useI18n()
  if (message.type === 'text') return null
  const kind = kindName(message, t)
  const href = safeAddress(message.mediaUrl)
  if (!href) return <p className={classes.none}>{filed.has(message.type) ? t('media.none', { kind }) : kind}</p>
  return <MediaOf type={message.type} kind={kind} href={href} filename={message.filename} alt={message.text || kind} />
}

/** Kinds that come as a file; the others come as words. */
const filed = new Set(['image', 'video', 'audio', 'voice', 'document', 'sticker'])

interface MediaOfProps {
  type: string
  kind: string
  href: string
  filename?: string | null
  alt: string
}

function MediaOf({ type, kind, href, filename, alt }: MediaOfProps) {
  const [gone, setGone] = useState(false)
  if (gone) return <Gone kind={kind} />
  const onError = () => setGone(true)
  switch (type) {
    case 'image':
    case 'sticker':
      return <Photo href={href} alt={alt} kind={kind} onError={onError} />
    case 'video':
      return <video className={classes.video} src={href} controls preload="metadata" aria-label={kind} onError={onError} />
    case 'audio':
    case 'voice':
      return <audio className={classes.audio} src={href} controls preload="none" aria-label={kind} onError={onError} />
    default:
      return <File href={href} name={filename ?? fileName(href)} kind={kind} />
  }
}

function Photo({ href, alt, kind, onError }: { href: string; alt: string; kind: string; onError: () => void }) {
  const { t } = useI18n()
  const [loaded, setLoaded] = useState(false)
  return (
    <a className={classes.photo} href={href} target="_blank" rel="noopener noreferrer" aria-label={t('media.open', { name: alt })}>
      {!loaded && <span className={classes.loading}>{t('media.loading', { kind })}</span>}
      <img src={href} alt={alt} loading="lazy" data-loaded={loaded} onLoad={() => setLoaded(true)} onError={onError} />
    </a>
  )
}

function File({ href, name, kind }: { href: string; name: string; kind: string }) {
  const { t } = useI18n()
  return (
    <a className={classes.file} href={href} target="_blank" rel="noopener noreferrer">
      <IconFileText size={20} stroke={1.75} aria-hidden />
      <span className={classes.words}>
        <bdi className={classes.name}>{name}</bdi>
        <span className={classes.sub}>{t('media.opens', { kind })}</span>
      </span>
      <IconDownload size={20} stroke={1.75} aria-hidden />
    </a>
  )
}

function Gone({ kind }: { kind: string }) {
  const { t } = useI18n()
  return (
    <p className={classes.file}>
      <IconPhotoOff size={20} stroke={1.75} aria-hidden />
      <span className={classes.words}>
        <span className={classes.name}>{t('media.gone', { kind })}</span>
        <span className={classes.sub}>{t('media.goneNext')}</span>
      </span>
    </p>
  )
}

/** Only what a browser fetches from the web; never a script. */
function safeAddress(address: string | null): string | null {
  if (!address) return null
  try {
    const url = new URL(address, window.location.origin)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null
  }
}

function fileName(href: string): string {
  const last = new URL(href).pathname.split('/').pop() ?? ''
  try {
    return decodeURIComponent(last) || href
  } catch {
    return last
  }
}
