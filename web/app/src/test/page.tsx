import { DirectionProvider, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { act, render, type RenderResult } from '@testing-library/react'
import type { ReactNode } from 'react'
import { MemoryRouter } from 'react-router'
import { vi } from 'vitest'
import { AuthContext } from '@/contexts/AuthContext'
import { SyncContext } from '@/contexts/SyncContext'
import type { PortalEvent, Role, User } from '@/lib/types'
import { createPortalClient, type PortalClient } from '@/services/portalClient'
import { Session } from '@/services/session'
import { theme } from '@/theme/theme'
import { addBrowserParts } from './browserParts'

const ann: User = { id: 'ann', email: 'ann@acme.test', name: 'Ann Berg', role: 'agent', tenantId: 'acme', tenantName: 'Acme' }

export interface Page extends RenderResult {
  /** The parts behind it, unconnected: tests move them by hand. */
  portal: PortalClient
}

interface PageOptions {
  role?: Role
  /** What the server answers, as JSON unless it is a Response; nothing unless told. */
  answer?: (path: string, init: RequestInit | undefined) => unknown
  at?: string
}

/** Draws a part of the page as a signed-in agent sees it, with a portal that is never connected. */
export function draw(children: ReactNode, { role = 'agent', answer, at = '/' }: PageOptions = {}): Page {
  addBrowserParts()
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    const body = answer?.(path, init)
    return body === undefined ? new Promise(() => undefined) : Promise.resolve(body instanceof Response ? body : Response.json(body))
  })
  const session = new Session()
  vi.spyOn(session, 'freshToken').mockResolvedValue('token')
  const user = { ...ann, role }
  const portal = createPortalClient(session, user)
  const auth = { user, status: 'in' as const, session, login: () => Promise.resolve(), logout: () => Promise.resolve() }
  const page = render(children, {
    wrapper: ({ children: inner }) => (
      <DirectionProvider detectDirection={false}>
        <MantineProvider theme={theme} env="test">
          <AuthContext value={auth}>
            <MemoryRouter initialEntries={[at]}>
              <SyncContext value={portal}>
                <QueryClientProvider client={portal.client}>{inner}</QueryClientProvider>
              </SyncContext>
            </MemoryRouter>
          </AuthContext>
        </MantineProvider>
      </DirectionProvider>
    ),
  })
  return { ...page, portal }
}

/** What listens to the socket hears an event. */
export function hears({ portal }: Page, { type, body }: PortalEvent): void {
  act(() => {
    for (const listener of portal.socket.socket.listeners(type)) (listener as (body: unknown) => void)(body)
  })
}
