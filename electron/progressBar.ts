import { BrowserWindow } from 'electron'
import type { ProgressBarOptions } from 'electron'
import type { DownloadProgress } from '../main/app.ts'

/** What the taskbar or the dock shows: 0..1, or -1 for no bar. Only Windows tells the modes apart. */
export interface Bar {
  readonly value: number
  readonly mode: ProgressBarOptions['mode']
}

/** `hasNewFailure`: a download failed since the app was started, and nobody has resumed or removed it. */
export function barFor({ share, stalled }: DownloadProgress, hasNewFailure: boolean, platform: NodeJS.Platform): Bar {
  if (share !== null) return { value: share, mode: hasNewFailure ? 'error' : stalled ? 'paused' : 'normal' }
  // A full bar in another colour says "stopped" on Windows; elsewhere it would say "almost done".
  return hasNewFailure && platform === 'win32' ? { value: 1, mode: 'error' } : { value: -1, mode: 'none' }
}

/** Shows how downloads go on the taskbar or the dock, with each call of the returned function. */
export function createProgressBar(platform: NodeJS.Platform = process.platform): (progress: DownloadProgress) => void {
  let known = Infinity
  return (progress) => {
    // The first call tells what had failed before the start.
    known = Math.min(known, progress.failed)
    const { value, mode } = barFor(progress, progress.failed > known, platform)
    for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(value, { mode })
  }
}
