import type { HostDescription, Region, ScreenAccess } from '#contract'

/**
 * What a shell supplies to the core. Electron and the browser shell each implement these; tests use the fakes in
 * `testing/`. The core may run in another process than the shell, so every function answers later (`Promise`) or has
 * nothing to say (`void`).
 */

/** Where the core keeps and finds things: absolute paths of folders. */
export interface Paths {
  /** Conversations, attachments and settings. Created when missing. */
  readonly data: string
  /** What can be made again: vision embeddings, saved KV states. */
  readonly cache: string
  /** Read-only files of the app: demo model, sample pictures. */
  readonly resources: string
}

/** The processes the core may start; a shell maps each name to its entry file. */
export type WorkerName = 'engine' | 'media'

/** A child process. Messages are structured-cloned: typed arrays travel as they are. */
export interface WorkerProcess {
  readonly pid: number | undefined
  /** Resolves with the process's number once it runs; null: it could not be started. Never rejects. */
  readonly started: Promise<number | null>
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, also when the process could not be started. */
  onExit(listener: (exit: { code: number | null; signal: string | null }) => void): void
  kill(): void
}

export type SpawnWorker = (name: WorkerName) => WorkerProcess

/** Native dialogs; null where the shell has none. */
export interface Dialogs {
  pickFile(options: { title: string; extensions: string[] }): Promise<string | null>
}

/** What a shell can do with files beyond reading and writing them. */
export interface Files {
  /** Shows a file in the system's file manager. */
  reveal(path: string): Promise<void>
}

/** Keeps short secret texts, such as tokens, out of others' sight. */
export interface Secrets {
  /** null when there is none. */
  get(name: string): Promise<string | null>
  /** null forgets it. Throws AppError StorageFailed. */
  set(name: string, value: string | null): Promise<void>
}

/** A display: `bounds` and `workArea` (without taskbars) in device-independent pixels of the desktop. */
export interface Display {
  readonly id: string
  readonly bounds: Region
  readonly workArea: Region
}

/** What a display showed, in its own pixels. */
export interface ScreenPicture {
  readonly displayId: string
  readonly width: number
  readonly height: number
  readonly png: Uint8Array
}

/** Pictures of the screen, and the windows in which one is chosen and asked about. */
export interface Capture {
  /** `picker`: the desktop lets its user choose what may be seen, and does not say where it is. */
  readonly way: 'overlay' | 'picker'
  /** Base address of captured pictures as the window sees it, ending in a slash. */
  readonly address: string
  access(): Promise<ScreenAccess>
  /** Opens the system's settings where access is given. */
  openSettings(): Promise<void>
  /** Screens and windows that can be watched; empty where the system asks its user by itself. */
  sources(): Promise<{ id: string; name: string }[]>
  displays(): Promise<Display[]>
  /** A picture of each display, `withWindow`: of the app's own window too. Rejects with AppError. */
  screens(displays: readonly Display[], withWindow: boolean): Promise<ScreenPicture[]>
  /** Where the windows of other programs are on the desktop, the frontmost first; empty where the system does not tell. */
  windowPlaces(): Promise<Region[]>
  /** Opens a window over each display that is seen only once it is shown. `onClosed`: one was closed by its user. */
  openOverlays(displays: readonly Display[], onClosed: () => void): void
  showOverlay(displayId: string): void
  closeOverlays(): void
  /** Opens the ask panel, which is seen only once it has a place. */
  openPanel(onClosed: () => void): void
  placePanel(bounds: Region): void
  closePanel(): void
  /** Brings the main window to the front; one that has to be opened for it begins at the conversation. */
  showWindow(conversationId?: string): void
}

/** Keys that work while another program has the focus. */
export interface Shortcuts {
  /**
   * Calls `onPress` for `accelerator` from now on, in place of an earlier one; null: for none. False: another program has
   * these keys, or there are no such keys.
   */
  set(accelerator: string | null, onPress: () => void): Promise<boolean>
}

export interface HostInfo {
  readonly name: string
  readonly version: string
  readonly platform: 'win32' | 'darwin' | 'linux' | 'other'
  /** Base address of attachments as the window sees it, ending in a slash. */
  readonly attachments: string
  /** Whether the app has an icon in the system's tray. */
  readonly tray: boolean
  /**
   * Whether those who call may have files of this computer stored by their path. Only where every caller is the shell's own
   * window: who reaches a port on loopback is no more than a program that knows its key.
   */
  readonly filePaths: boolean
}

export interface Ports {
  readonly host: HostInfo
  readonly paths: Paths
  readonly spawnWorker: SpawnWorker
  readonly dialogs: Dialogs | null
  /** null where the shell has no file manager at hand. */
  readonly files: Files | null
  /** null where there is no safe place for them. */
  readonly secrets: Secrets | null
  /** null where the shell cannot see the screen. */
  readonly capture: Capture | null
  /** null where no keys can be had beyond the window. */
  readonly shortcuts: Shortcuts | null
}

/** What a shell's windows are told of it. */
export function describeHost({ host, dialogs, capture, shortcuts, secrets, files }: Ports): HostDescription {
  return {
    name: host.name,
    version: host.version,
    platform: host.platform,
    attachments: host.attachments,
    capabilities: {
      fileDialogs: dialogs !== null,
      filePaths: host.filePaths,
      capture: capture !== null,
      tray: host.tray,
      globalShortcuts: shortcuts !== null,
      secretStorage: secrets !== null,
      reveal: files !== null,
    },
  }
}
