import type { HostCommand } from '#contract'

/**
 * What a shell supplies to the core. Electron and the browser shell each implement these; tests use the fakes in
 * `testing/`.
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
  reveal(path: string): void
}

/** Keeps short secret texts, such as tokens, out of others' sight. */
export interface Secrets {
  /** null when there is none. */
  get(name: string): Promise<string | null>
  /** null forgets it. Throws AppError StorageFailed. */
  set(name: string, value: string | null): Promise<void>
}

/** What the user asks of the window in the shell's own menus. */
export interface HostCommands {
  /** Tells every later command until the returned function is called. */
  on(listener: (command: HostCommand) => void): () => void
}

export interface HostInfo {
  readonly name: string
  readonly version: string
  readonly platform: 'win32' | 'darwin' | 'linux' | 'other'
  /** Base address of attachments as the window sees it, ending in a slash. */
  readonly attachments: string
  /** Whether the app has an icon in the system's tray. */
  readonly tray: boolean
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
  /** null where the shell has no menus of its own. */
  readonly commands: HostCommands | null
}
