import { recall } from './platform.ts'

/** Shows a theme: `system` leaves the choice to the operating system. */
export function applyTheme(theme: string | null): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
  else delete document.documentElement.dataset['theme']
}

/** The theme of the last visit, so that the window does not start in the wrong one. */
export const lastTheme = (): string | null => recall('theme')
