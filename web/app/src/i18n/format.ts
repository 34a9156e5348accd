/**
 * Times and numbers as people read them. Clock times are the reader's own and
 * have 24 hours; digits stay Latin so that columns of figures keep their width.
 */
import type { Translate } from './catalogue'

const DAY_MS = 86_400_000

export interface Format {
  /** "14:32" */
  clock: (at: Moment) => string
  /** "14:31:07" */
  clockSeconds: (at: Moment) => string
  /** Today's times as "14:32", then "Yesterday", then "21 Nov". */
  listTime: (at: Moment, now: number) => string
  /** "Today", "Yesterday", else "Saturday, 21 November". */
  day: (at: Moment, now: number) => string
  /** "14:32", "Yesterday, 16:52", "21 Nov, 15:48". */
  dayAndClock: (at: Moment, now: number) => string
  /** "9 Nov", with the year if it is another one. */
  date: (at: Moment, now: number) => string
  /** "14:30" today, "tomorrow, 14:30" tomorrow: for what is yet to come. */
  until: (at: Moment, now: number) => string
  /** "3 min", "1 h 12 min", "2 d". */
  span: (ms: number) => string
  number: (value: number, digits?: number) => string
}

/** An RFC 3339 time or milliseconds since the epoch. */
export type Moment = string | number

/** The calendar day of a moment on the reader's own clock, comparable as text. */
export function dayKey(at: Moment): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`
}

export function createFormat(locale: string, t: Translate): Format {
  const formatter = (options: Intl.DateTimeFormatOptions) => {
    const intl = new Intl.DateTimeFormat(locale, options)
    return (at: Moment) => intl.format(new Date(at))
  }
  const clock = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const clockSeconds = formatter({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const shortDate = formatter({ day: 'numeric', month: 'short' })
  const yearDate = formatter({ day: 'numeric', month: 'short', year: 'numeric' })
  const weekday = formatter({ weekday: 'long' })
  const longDate = formatter({ day: 'numeric', month: 'long' })
  const longYearDate = formatter({ day: 'numeric', month: 'long', year: 'numeric' })

  const sameYear = (at: Moment, now: number) => new Date(at).getFullYear() === new Date(now).getFullYear()
  const date = (at: Moment, now: number) => (sameYear(at, now) ? shortDate(at) : yearDate(at))
  const isToday = (at: Moment, now: number) => dayKey(at) === dayKey(now)
  const isYesterday = (at: Moment, now: number) => dayKey(at) === dayKey(now - DAY_MS)

  return {
    clock,
    clockSeconds,
    date,
    listTime: (at, now) => {
      if (isToday(at, now)) return clock(at)
      return isYesterday(at, now) ? t('time.yesterday') : date(at, now)
    },
    day: (at, now) => {
      if (isToday(at, now)) return t('thread.today')
      if (isYesterday(at, now)) return t('thread.yesterday')
      const date = sameYear(at, now) ? longDate(at) : longYearDate(at)
      return t('time.weekday', { weekday: weekday(at), date })
    },
    dayAndClock: (at, now) => {
      if (isToday(at, now)) return clock(at)
      const day = isYesterday(at, now) ? t('time.yesterday') : date(at, now)
      return t('time.dayAt', { day, time: clock(at) })
    },
    until: (at, now) => {
      if (isToday(at, now)) return clock(at)
      if (dayKey(at) === dayKey(now + DAY_MS)) return t('time.tomorrow', { time: clock(at) })
      return t('time.dayAt', { day: date(at, now), time: clock(at) })
    },
    span: (ms) => span(ms, t),
    number: (value, digits = 0) =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: false,
      }).format(value),
  }
}

function span(ms: number, t: Translate): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return t('time.underMinute')
  if (minutes < 60) return t('time.minutes', { count: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return t('time.days', { count: Math.floor(hours / 24) })
  if (minutes % 60 === 0) return t('time.hours', { count: hours })
  return t('time.hoursMinutes', { hours, minutes: minutes % 60 })
}
