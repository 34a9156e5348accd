/**
 * Mantine in the portal's colours. Every colour it uses is mapped onto a token
 * of tokens.css here, so that no component brings a hue of its own.
 */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'
import mantine from './mantine.module.css'

/** Steps around accent; 7 is the light scheme's accent, 6 the dark one's. */
const petrol: MantineColorsTuple = [
  '#ecf6f7',
  '#dcecec',
  '#b4d9dc',
  '#70cbd3',
  '#3b9aa4',
  '#1a808b',
  '#15737e',
  '#0b6470',
  '#084e58',
  '#06282c',
]

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol },
  fontFamily: 'var(--ap-font)',
  fontFamilyMonospace: 'var(--ap-mono)',
  fontSizes: { xs: '11px', sm: '13px', md: '14px', lg: '15px', xl: '22px' },
  lineHeights: { xs: '18px', sm: '18px', md: '20px', lg: '21px', xl: '28px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '20px', xl: '32px' },
  radius: { xs: '4px', sm: '5px', md: '6px', lg: '8px', xl: '10px' },
  defaultRadius: 'md',
  shadows: { xs: 'none', sm: 'none', md: 'var(--ap-float)', lg: 'var(--ap-float)', xl: 'var(--ap-float)' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  activeClassName: '',
  focusClassName: '',
  components: {
    Button: { classNames: { root: mantine.button, section: mantine.buttonSection } },
    ActionIcon: {
      defaultProps: { variant: 'subtle', size: 32 },
      classNames: { root: mantine.actionIcon },
    },
    Menu: {
      defaultProps: {
        position: 'bottom-end',
        offset: 4,
        withInitialFocusPlaceholder: false,
        shadow: 'md',
        transitionProps: { transition: 'fade', duration: 120 },
      },
      classNames: { dropdown: mantine.dropdown, item: mantine.menuItem, label: mantine.menuLabel },
    },
    Tooltip: {
      defaultProps: { openDelay: 400, transitionProps: { transition: 'fade', duration: 120 } },
      classNames: { tooltip: mantine.tooltip },
    },
    Drawer: { classNames: { content: mantine.drawer, header: mantine.drawerHeader, title: mantine.modalTitle } },
    Modal: { classNames: { content: mantine.modal, title: mantine.modalTitle } },
    Select: { classNames: { input: mantine.input, dropdown: mantine.dropdown } },
    Switch: { classNames: { track: mantine.switchTrack, thumb: mantine.switchThumb } },
    SegmentedControl: {
      classNames: {
        root: mantine.segments,
        control: mantine.segment,
        label: mantine.segmentLabel,
        indicator: mantine.segmentIndicator,
      },
    },
    Notification: {
      classNames: {
        root: mantine.toast,
        icon: mantine.toastIcon,
        title: mantine.toastTitle,
        description: mantine.toastText,
        closeButton: mantine.toastClose,
      },
    },
  },
})

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    '--mantine-color-body': 'var(--ap-surface)',
    '--mantine-color-text': 'var(--ap-ink)',
    '--mantine-color-bright': 'var(--ap-ink)',
    '--mantine-color-dimmed': 'var(--ap-ink-3)',
    '--mantine-color-placeholder': 'var(--ap-ink-3)',
    '--mantine-color-anchor': 'var(--ap-accent-ink)',
    '--mantine-color-error': 'var(--ap-fail)',
    '--mantine-color-default': 'var(--ap-surface)',
    '--mantine-color-default-hover': 'var(--ap-hover)',
    '--mantine-color-default-color': 'var(--ap-ink)',
    '--mantine-color-default-border': 'var(--ap-edge)',
    '--mantine-color-disabled': 'var(--ap-sunken)',
    '--mantine-color-disabled-color': 'var(--ap-ink-3)',
    '--mantine-color-disabled-border': 'var(--ap-line)',
    '--mantine-primary-color-filled': 'var(--ap-accent)',
    '--mantine-primary-color-filled-hover': 'var(--ap-accent-hover)',
    '--mantine-primary-color-light': 'var(--ap-accent-soft)',
    '--mantine-primary-color-light-hover': 'var(--ap-accent-soft)',
    '--mantine-primary-color-light-color': 'var(--ap-accent-ink)',
    '--mantine-color-petrol-filled': 'var(--ap-accent)',
    '--mantine-color-petrol-filled-hover': 'var(--ap-accent-hover)',
    '--mantine-color-petrol-light': 'var(--ap-accent-soft)',
    '--mantine-color-petrol-light-hover': 'var(--ap-accent-soft)',
    '--mantine-color-petrol-light-color': 'var(--ap-accent-ink)',
    '--mantine-color-petrol-text': 'var(--ap-accent-ink)',
  },
  light: schemeGreys('gray'),
  dark: schemeGreys('dark'),
})

/** Mantine's parts reach for `gray` in light and `dark` in dark, in opposite orders. */
function schemeGreys(scale: 'gray' | 'dark'): Record<string, string> {
  const roles =
    scale === 'gray'
      ? ['hover', 'hover', 'line', 'line', 'edge', 'ink-3', 'ink-3', 'ink-2', 'ink', 'ink']
      : ['ink', 'ink-2', 'ink-3', 'ink-3', 'line', 'hover', 'raised', 'surface', 'hover', 'sunken']
  const greys: Record<string, string> = {}
  roles.forEach((role, step) => {
    greys[`--mantine-color-${scale}-${step}`] = `var(--ap-${role})`
  })
  return greys
}
