import type { App } from '../../main/app.ts'
import type { Remote, TransferPort } from '../../main/lib/remote.ts'
import type { Ports, WorkerName } from '../../main/ports.ts'

/** How a worker's process ended. */
export interface WorkerExit {
  readonly code: number | null
  readonly signal: string | null
}

/** A worker that Electron's main process started for the core: the two talk over `port`, main hears nothing of it. */
export interface ForkedWorker {
  readonly pid: number | undefined
  readonly port: TransferPort
  kill(): void
}

/**
 * What Electron's main process supplies to the core: the core's ports, but for workers, which only main can start. The
 * packaged app's fuses forbid Electron as plain Node, so the core cannot fork them itself.
 */
export interface ShellPorts extends Omit<Ports, 'spawnWorker'> {
  /** `onExit` is called once, also when the process could not be started. */
  forkWorker(name: WorkerName, onExit: (exit: WorkerExit) => void): Promise<ForkedWorker>
}

/** What the running core supplies to Electron's main process. */
export interface RunningCore
  extends Pick<
    App,
    'command' | 'giveFile' | 'openFiles' | 'startCapture' | 'permits' | 'onDownloads' | 'captures' | 'close'
  > {
  readonly attachments: Pick<App['attachments'], 'open'>
  readonly frames: Pick<App['frames'], 'open'>
  /** Answers a window over a port that no other process listens to. */
  serve(port: TransferPort): void
}

/** What the window was just allowed to see of camera and screen, asked of the core when the window asks for it. */
export type Permits = Remote<RunningCore['permits']>

/** What the core's process offers once its code is loaded. */
export interface CoreProcess {
  /** Opens the data folder. Throws what `createApp` throws: Busy, StorageFailed. */
  start(ports: ShellPorts): Promise<RunningCore>
}
