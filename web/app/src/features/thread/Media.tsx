import { Button } from '@mantine/core'
import { IconDownload, IconFileText, IconPhotoOff } from '@tabler/icons-react'
import { useState } from 'react'
import type { Translate } from '@/i18n/catalogue'
import { useI18n } from '@/i18n/I18nContext'
import type { ApiError } from '@/lib/api'
import { describeError } from '@/lib/describeError'
import { kindName } from '@/lib/messageText'
import type { ThreadMessage } from '@/lib/types'
import classes from './Media.module.css'
import { useMediaFile, type MediaFailure } from './useMediaFile'

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
  const { attempt, failure, failed: onError, retry } = useMediaFile(href)
  if (failure) return <Missing kind={kind} href={href} failure={failure} onRetry={retry} />
  switch (type) {
    case 'image':
    case 'sticker':
      return <Photo key={attempt} href={href} alt={alt} kind={kind} onError={onError} />
    case 'video':
      return <video key={attempt} className={classes.video} src={href} controls preload="metadata" aria-label={kind} onError={onError} />
    case 'audio':
    case 'voice':
      return <audio key={attempt} className={classes.audio} src={href} controls preload="none" aria-label={kind} onError={onError} />
    default:
      return <File href={href} name={filename ?? fileName(href) ?? kind} kind={kind} />
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

interface MissingProps {
  kind: string
  href: string
  failure: MediaFailure
  onRetry: () => void
}

/** What couldn't be loaded: for good, or for now. */
function Missing({ kind, href, failure, onRetry }: MissingProps) {
  const { t } = useI18n()
  if (failure === 'unshown') return <File href={href} name={t('media.unshown', { kind })} kind={kind} />
  const gone = failure !== 'elsewhere' && failure.status === 404
  return (
    <div className={classes.file}>
      <IconPhotoOff size={20} stroke={1.75} aria-hidden />
      <span className={classes.words}>
        <span className={classes.name}>{t(gone ? 'media.gone' : 'media.later', { kind })}</span>
        <span className={classes.sub}>{gone ? t('media.goneNext') : why(failure, href, t)}</span>
      </span>
      {!gone && (
        <Button size="xs" variant="default" onClick={onRetry}>
          {t('error.tryNow')}
        </Button>
      )}
    </div>
  )
}

function why(failure: ApiError | 'elsewhere', href: string, t: Translate): string {
  return failure === 'elsewhere' ? t('media.elsewhere', { host: new URL(href).host }) : describeError(failure, t)
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

/** What a foreign address calls the file; the portal's own tells nothing. */
function fileName(href: string): string | null {
  const url = new URL(href)
  if (url.origin === window.location.origin) return null
  const last = url.pathname.split('/').pop() ?? ''
  try {
    return decodeURIComponent(last) || href
  } catch {
    return last
  }
}
