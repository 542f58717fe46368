import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadTheRest } from '../components/primitives/later.tsx'
import { App } from './App.tsx'
import { CaptureWindow, capturePlace } from './CaptureWindow.tsx'

/** Draws the window, or that of a capture, into `root`. Its language is active before this module is loaded. */
export function draw(root: HTMLElement): void {
  const place = capturePlace(window.location.hash)
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <CSPProvider disableStyleElements>
          <Tooltip.Provider delay={500}>{place ? <CaptureWindow place={place} /> : <App />}</Tooltip.Provider>
        </CSPProvider>
      </I18nProvider>
    </StrictMode>,
  )
  loadTheRest()
}
