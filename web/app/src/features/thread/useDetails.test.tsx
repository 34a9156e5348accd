import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import type { Layout } from '@/hooks/useLayout'
import { usePreferences } from '@/hooks/usePreferences'
import { draw } from '@/test/page'
import { useDetails } from './useDetails'

function Part({ layout }: { layout: Layout }) {
  const { form, asked, control, open, close } = useDetails(layout)
  const { set } = usePreferences()
  return (
    <>
      <article
        tabIndex={-1}
        onKeyDown={(event) => {
          event.preventDefault()
          open()
        }}
      >
        message
      </article>
      {form !== 'panel' && (
        <button ref={control} onClick={open}>
          Details
        </button>
      )}
      {form && (
        <button autoFocus={asked} onClick={close}>
          Shut the {form}
        </button>
      )}
      <button onClick={() => set({ details: true })}>Anew</button>
    </>
  )
}

const press = (name: string) => userEvent.click(screen.getByRole('button', { name }))
const focused = () => document.activeElement?.textContent

afterEach(async () => {
  await press('Anew')
  localStorage.clear()
})

describe('PAGE-80 the focus', () => {
  test('is left alone by details that are there from the start', () => {
    draw(<Part layout="wide" />)
    expect(screen.getByText('Shut the panel')).toBeTruthy()
    expect(document.activeElement).toBe(document.body)
  })

  test('goes to the button that opens them when they are closed, and back', async () => {
    draw(<Part layout="wide" />)
    await press('Shut the panel')
    expect(focused()).toBe('Details')
    await press('Details')
    expect(focused()).toBe('Shut the panel')
  })

  test('goes back from the drawer to what opened it, a message too', async () => {
    draw(<Part layout="medium" />)
    await press('Details')
    await press('Shut the drawer')
    expect(focused()).toBe('Details')
    screen.getByText('message').focus()
    await userEvent.keyboard('{Enter}')
    await press('Shut the drawer')
    expect(focused()).toBe('message')
  })
})

test('details that were closed stay closed in the next conversation', async () => {
  const { unmount } = draw(<Part layout="wide" />)
  await press('Shut the panel')
  unmount()
  draw(<Part layout="wide" />)
  expect(screen.queryByText('Shut the panel')).toBeNull()
})
