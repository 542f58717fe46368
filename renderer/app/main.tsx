import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { I18nProvider } from '@lingui/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadTheRest } from '../components/primitives/later.tsx'
import { applyTheme, lastTheme } from '../features/settings/index.ts'
import { i18n } from '../lib/i18n.ts'
import { App } from './App.tsx'
import { CaptureWindow, capturePlace } from './CaptureWindow.tsx'
import './noEval.ts'
import './styles.css'

applyTheme(lastTheme())

const place = capturePlace(window.location.hash)
const root = document.getElementById('root')
if (root) {
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
