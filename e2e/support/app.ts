import type { Page } from '@playwright/test'

/** One running app with a data folder of its own, whichever shell it has. */
export interface RunningApp {
  /** The window of the app; another one after `restart`. */
  readonly page: Page
  /** The process that holds the core. */
  readonly pid: number
  /** Ends the whole app at once, as a power cut would (SIGKILL). */
  kill(): Promise<void>
  /** Starts the app again on the same data. */
  restart(): Promise<void>
  /** Ends the app as its user would. */
  quit(): Promise<void>
}
