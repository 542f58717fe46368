import type { ParentPort } from 'electron'
import { createApp } from '../../main/app.ts'
import { connectRemote } from '../../main/lib/remote.ts'
import type { Remote, TransferPort } from '../../main/lib/remote.ts'
import { outliveSignals } from '../../main/lib/workerChannel.ts'
import { messagePortChannel } from '../../main/rpc/channel.ts'
import { warnOfDefect } from '../../main/rpc/errors.ts'
import { servePosts } from '../../main/rpc/posts.ts'
import type { RunningCore, ShellPorts } from './link.ts'
import { forkedWorkers } from './workers.ts'

/** The entry of the core's utility process: opens the data folder when main says so and answers windows until it is closed. */
const { parentPort } = process as typeof process & { parentPort: ParentPort }

async function start(ports: Remote<ShellPorts>): Promise<RunningCore> {
  const { attachments, frames, captures, ...app } = createApp({
    ...ports,
    spawnWorker: forkedWorkers(ports.forkWorker),
  })
  return {
    ...{
      command: app.command,
      giveFile: app.giveFile,
      openFiles: app.openFiles,
      startCapture: app.startCapture,
      onDownloads: app.onDownloads,
      close: app.close,
    },
    permits: { has: (what) => app.permits.has(what), take: (what) => app.permits.take(what) },
    attachments: { open: (sha, size) => attachments.open(sha, size) },
    frames: { open: (key, n, input) => frames.open(key, n, input) },
    captures: { open: (path) => captures.open(path) },
    serve(port) {
      servePosts(port, app.receive)
      app.serve(messagePortChannel(port))
    },
  }
}

outliveSignals()

connectRemote(
  {
    send: (message) => parentPort.postMessage(message),
    onMessage: (listener) =>
      void parentPort.on('message', ({ data, ports }) => listener(data, ports as readonly TransferPort[])),
    // A utility process ends with its parent.
    onClose: () => {},
  },
  { offer: { start }, onDefect: warnOfDefect },
)
