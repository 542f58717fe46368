import { activateLanguage } from '../lib/language.ts'
import { applyTheme, lastTheme } from '../lib/theme.ts'
import './noEval.ts'
import './styles.css'

applyTheme(lastTheme())
await activateLanguage()

const root = document.getElementById('root')
if (root) (await import('./Window.tsx')).draw(root)
