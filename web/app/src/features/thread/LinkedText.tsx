import { Fragment } from 'react'
import { splitLinks } from './splitLinks'

/** Text as text; only addresses of the web become links. */
export function LinkedText({ text }: { text: string }) {
  return splitLinks(text).map((part, at) =>
    part.href ? (
      // Parts of one text keep their places: the index is their identity.
      <a key={at} href={part.href} target="_blank" rel="noopener noreferrer" dir="ltr">
        {part.text}
      </a>
    ) : (
      <Fragment key={at}>{part.text}</Fragment>
    ),
  )
}
