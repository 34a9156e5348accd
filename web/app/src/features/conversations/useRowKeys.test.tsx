import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useRef } from 'react'
import { describe, expect, test } from 'vitest'
import { conversation } from '@/test/fixtures'
import { draw } from '@/test/page'
import { useRowKeys } from './useRowKeys'

function Rows({ ids, selectedId }: { ids: string[]; selectedId?: string }) {
  const frame = useRef<HTMLDivElement>(null)
  useRowKeys({ shown: ids.map((id) => conversation(id, 1)), selectedId, frame, reveal: () => undefined })
  return (
    <div ref={frame}>
      {ids.map((id) => (
        <a key={id} href={`/${id}`} data-conversation-id={id}>
          {id}
        </a>
      ))}
    </div>
  )
}

const focused = () => document.activeElement?.textContent

describe('PAGE-80 where a row has gone', () => {
  test('j goes on with the one in its place, k with the one before it', async () => {
    const { rerender } = draw(<Rows ids={['a', 'b', 'c', 'd']} selectedId="b" />)
    rerender(<Rows ids={['a', 'c', 'd']} selectedId="b" />)
    await userEvent.keyboard('j')
    expect(focused()).toBe('c')
    screen.getByText('c').blur()
    await userEvent.keyboard('k')
    expect(focused()).toBe('a')
  })

  test('the last one leads to the new end', async () => {
    const { rerender } = draw(<Rows ids={['a', 'b']} selectedId="b" />)
    rerender(<Rows ids={['a']} selectedId="b" />)
    await userEvent.keyboard('j')
    expect(focused()).toBe('a')
  })
})
