import { afterEach, expect, test, vi } from 'vitest'
import { Drafts } from './drafts'

afterEach(() => localStorage.clear())

test('PAGE-29 drafts outlive the page, each person has their own, a blank one is none', () => {
  const drafts = new Drafts('ann')
  const stop = drafts.start()
  drafts.set('c1', 'half a sent')
  drafts.set('c2', 'x')
  drafts.set('c2', '  ')
  expect(drafts.snapshot()).toEqual({ c1: 'half a sent' })
  window.dispatchEvent(new Event('pagehide'))
  stop()
  expect(new Drafts('ann').get('c1')).toBe('half a sent')
  expect(new Drafts('ben').snapshot()).toEqual({})
})

test('the same snapshot until something changes; listeners hear of changes only', () => {
  const drafts = new Drafts('ann')
  const heard = vi.fn()
  drafts.subscribe(heard)
  drafts.set('c1', 'x')
  const once = drafts.snapshot()
  drafts.set('c1', 'x')
  expect(drafts.snapshot()).toBe(once)
  expect(heard).toHaveBeenCalledTimes(1)
})

test('what another tab wrote is taken over', () => {
  const drafts = new Drafts('ann')
  const stop = drafts.start()
  localStorage.setItem('portal.drafts.ann', '{"c1":"from there"}')
  window.dispatchEvent(new StorageEvent('storage', { key: 'portal.drafts.ann' }))
  expect(drafts.get('c1')).toBe('from there')
  stop()
})

test('damaged storage is no obstacle', () => {
  localStorage.setItem('portal.drafts.ann', '{"c1":5,"c2":"ok"')
  expect(new Drafts('ann').snapshot()).toEqual({})
})
