import { later } from '../../components/primitives/later.tsx'
import { useCapture } from './capture.ts'

export const CaptureLayer = later(
  () => import('./CaptureLayer.tsx').then(({ CaptureLayer }) => CaptureLayer),
  () => useCapture(({ own, problem }) => own.phase !== 'idle' || problem !== null),
)
export const OverlayWindow = later(() => import('./CaptureWindows.tsx').then(({ OverlayWindow }) => OverlayWindow))
export const PanelWindow = later(() => import('./CaptureWindows.tsx').then(({ PanelWindow }) => PanelWindow))
export { startFromOutside, followCapture, useCapture } from './capture.ts'
export { CaptureMenu } from './CaptureMenu.tsx'
export const ShortcutSetting = later(() =>
  import('./ShortcutSetting.tsx').then(({ ShortcutSetting }) => ShortcutSetting),
)
