import { join } from 'node:path'
import { BrowserWindow, Menu, Tray, nativeImage } from 'electron'
import type { MenuItemConstructorOptions, ProgressBarOptions } from 'electron'
import type { DownloadProgress } from '../main/app.ts'

/** What the tray's menu does. */
export interface TrayActions {
  readonly open: () => void
  readonly newConversation: () => void
  readonly capture: () => void
  readonly quit: () => void
}

/** The app's icon in the system's tray, there while the app runs. */
export interface AppTray {
  showDownloads(progress: DownloadProgress): void
}

/** Which file shows best: macOS colours a template by itself, Windows picks a scale, panels on Linux want one large picture. */
const iconFiles: Partial<Record<NodeJS.Platform, string>> = { darwin: 'trayTemplate.png', linux: 'trayLarge.png' }

/** Puts the icon from the folder `icons` into the tray; null, with a line on standard error, where that fails. */
export function openTray(
  icons: string,
  actions: TrayActions,
  platform: NodeJS.Platform = process.platform,
): AppTray | null {
  try {
    const icon = nativeImage.createFromPath(join(icons, iconFiles[platform] ?? 'tray.png'))
    if (icon.isEmpty()) throw new Error(`there is no icon in ${icons}`)
    icon.setTemplateImage(platform === 'darwin')
    const tray = new Tray(icon)
    // On macOS a click opens the menu.
    if (platform !== 'darwin') tray.on('click', actions.open)
    let shown: string | null = null
    const show = (line: string | null): void => {
      shown = line
      tray.setToolTip(line === null ? 'Sightline' : `Sightline. ${line}`)
      tray.setContextMenu(Menu.buildFromTemplate(trayMenu(actions, line)))
    }
    show(null)
    return {
      showDownloads(progress) {
        const line = downloadsLine(progress)
        if (line !== shown) show(line)
      },
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`Sightline goes on without an icon in the tray: ${reason}\n`)
    return null
  }
}

function trayMenu(
  { open, newConversation, capture, quit }: TrayActions,
  line: string | null,
): MenuItemConstructorOptions[] {
  const downloads: MenuItemConstructorOptions[] =
    line === null ? [] : [{ type: 'separator' }, { label: line, enabled: false }]
  return [
    { label: 'Open Sightline', click: open },
    { label: 'New conversation', click: newConversation },
    { label: 'Capture the screen', click: capture },
    ...downloads,
    { type: 'separator' },
    { label: 'Quit', click: quit },
  ]
}

/** How the downloads are going in a line, e.g. "Downloading a model: 43%"; null when there is nothing to say. */
export function downloadsLine({ share, active, failed, stalled }: DownloadProgress): string | null {
  if (share === null)
    return failed === 0 ? null : failed === 1 ? 'A download has stopped' : `${failed} downloads have stopped`
  const what = stalled
    ? 'Waiting for the connection'
    : active === 1
      ? 'Downloading a model'
      : `Downloading ${active} models`
  // 100% would say that it is done.
  return `${what}: ${Math.min(99, Math.floor(share * 100))}%`
}

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
