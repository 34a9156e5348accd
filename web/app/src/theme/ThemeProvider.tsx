/**
 * The one place that dresses the page: tokens, ground rules, and Mantine in the
 * portal's colours. Parts that only signed-in pages use bring their own styles
 * (parts.ts), so that the sign-in page stays light.
 */
import './tokens.css'
import '@fontsource-variable/inter/wght.css'
import '@mantine/core/styles/baseline.layer.css'
import '@mantine/core/styles/default-css-variables.layer.css'
import '@mantine/core/styles/global.layer.css'
import './base.css'
import { DirectionProvider, MantineProvider, useDirection, useMantineColorScheme } from '@mantine/core'
import { useEffect, type ReactNode } from 'react'
import { usePreferences } from '@/hooks/usePreferences'
import { I18nProvider, useI18n } from '@/i18n/I18nContext'
import { cssVariablesResolver, theme } from './theme'

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { language } = usePreferences()
  return (
    <I18nProvider language={language}>
      <DirectionProvider detectDirection={false}>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={cssVariablesResolver}
          defaultColorScheme="auto"
          withGlobalClasses={false}
        >
          <Followers />
          {children}
        </MantineProvider>
      </DirectionProvider>
    </I18nProvider>
  )
}

/** Lets Mantine follow the chosen scheme and the language's direction. */
function Followers() {
  const preferred = usePreferences().theme
  const { setColorScheme } = useMantineColorScheme()
  const { setDirection } = useDirection()
  const { dir } = useI18n()
  useEffect(() => setColorScheme(preferred), [preferred, setColorScheme])
  useEffect(() => setDirection(dir), [dir, setDirection])
  return null
}
