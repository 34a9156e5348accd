import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { en } from '@/i18n/en'
import { languages } from '@/i18n/languages'
import { createTranslate } from '@/i18n/catalogue'
import { failureText } from '@/lib/failure'
import type { ThreadMessage } from '@/lib/types'
import { at, message } from '@/test/fixtures'
import { draw } from '@/test/page'
import { Bubble, type BubbleProps } from './Bubble'

function drawBubble(change: Partial<ThreadMessage>, props: Partial<BubbleProps> = {}) {
  const onRetry = vi.fn()
  draw(
    <Bubble
      message={message('m1', 4, change)}
      startsGroup
      endsGroup
      mine
      selected={false}
      offline={false}
      tabbable={false}
      onSelect={() => undefined}
      onDetails={() => undefined}
      onRetry={onRetry}
      {...props}
    />,
  )
  return { bubble: screen.getByTestId('message'), onRetry }
}

const clock = (time: string) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(new Date(time))

afterEach(() => void vi.unstubAllGlobals())

describe('PAGE-25 the tick of a reply', () => {
  const steps: [Partial<ThreadMessage>, string][] = [
    [{ status: 'queued', createdAt: at(1) }, `Queued, ${clock(at(1))}`],
    [{ status: 'sent', sentAt: at(2) }, `Sent, ${clock(at(2))}`],
    [{ status: 'delivered', deliveredAt: at(3) }, `Delivered, ${clock(at(3))}`],
    [{ status: 'read', readAt: at(4) }, `Read, ${clock(at(4))}`],
    [{ status: 'failed' }, 'Failed'],
  ]
  for (const [change, name] of steps) {
    test(`says ${name}`, () => {
      const { bubble } = drawBubble(change)
      const tick = within(bubble).getByRole('img', { name })
      expect(tick.dataset.status).toBe(change.status)
      expect(bubble.dataset).toMatchObject({ messageId: 'm1', direction: 'outbound', status: change.status })
    })
  }

  test('stands on ours only', () => {
    const { bubble } = drawBubble({ direction: 'inbound', status: 'received' }, { mine: false })
    expect(within(bubble).queryByRole('img')).toBeNull()
  })
})

describe('PAGE-26 a failed reply', () => {
  const t = createTranslate(en, languages.en)
  test('says why, in plain words', () => {
    expect(failureText({ code: '131026', message: 'Message undeliverable' }, t)).toBe('Not delivered: WhatsApp can’t reach this number.')
    expect(failureText({ code: '131047', message: 'Re-engagement message' }, t)).toBe(
      'Not delivered: more than 24 hours since the customer last wrote.',
    )
    expect(failureText({ code: '131000', message: '' }, t)).toBe('Not delivered. WhatsApp gave code 131000 and no reason.')
    expect(failureText({ code: '99', message: 'Something odd.' }, t)).toBe('Not delivered: Something odd.')
    expect(failureText(null, t)).toBe('Not delivered. WhatsApp gave no reason.')
  })

  test('can be sent again', async () => {
    const { bubble, onRetry } = drawBubble({ status: 'failed', error: { code: '131026', message: 'x' } })
    await userEvent.click(within(bubble).getByRole('button', { name: 'Retry' }))
    expect(onRetry).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'm1' }))
  })

  test('stays, and says when that was', () => {
    const { bubble } = drawBubble({ status: 'failed' }, { retriedAt: Date.parse(at(31)) })
    expect(within(bubble).getByText(`Retried ${clock(at(31))}`)).toBeTruthy()
    expect(within(bubble).queryByRole('button')).toBeNull()
  })

  test('offers nothing to who may not send', () => {
    const { bubble } = drawBubble({ status: 'failed' }, { onRetry: undefined })
    expect(within(bubble).queryByRole('button')).toBeNull()
  })
})

describe('PAGE-27 a reply on its way', () => {
  test('says that WhatsApp is slow, with the tries so far', () => {
    const { bubble } = drawBubble({ status: 'queued', attempts: 3 })
    expect(within(bubble).getByText('WhatsApp is slow to answer. Still trying, 3 tries so far.')).toBeTruthy()
  })

  test('says that it is kept here while there is no connection, or that it isn’t', () => {
    const kept = drawBubble({ status: 'queued', pending: true, kept: true }, { offline: true })
    expect(within(kept.bubble).getByText('Kept on this device. It is sent when you are back.')).toBeTruthy()
  })

  test('warns where it couldn’t be kept', () => {
    const { bubble } = drawBubble({ status: 'queued', pending: true, kept: false })
    expect(within(bubble).getByText('Couldn’t be kept on this device. Don’t close this page.')).toBeTruthy()
  })
})
