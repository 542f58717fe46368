import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadTheRest } from '../components/primitives/later.tsx'
import { applyTheme, lastTheme } from '../features/settings/index.ts'
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
      <CSPProvider disableStyleElements>
        <Tooltip.Provider delay={500}>{place ? <CaptureWindow place={place} /> : <App />}</Tooltip.Provider>
      </CSPProvider>
    </StrictMode>,
  )
  loadTheRest()
}
