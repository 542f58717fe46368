import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { noLog } from '../../main/lib/log/log.ts'
import { connectRemote } from '../../main/lib/remote.ts'
import { testPorts } from '../../main/testing/testPorts.ts'
import type { CoreProcess, ShellPorts } from './link.ts'
import { forkUtility, utilityLine } from './utility.ts'

vi.mock('electron', async () => await import('../testing/utilityProcess.ts'))

test.skipIf(process.platform === 'win32')(
  'the signals of a terminal, which reach every process of the app, leave the end of the core to main',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-core-'))
    const core = forkUtility(join(import.meta.dirname, 'main.ts'), 'Sightline core', noLog)
    try {
      const { other } = connectRemote<CoreProcess>(utilityLine(core), {
        onDefect: (error) => expect.fail(String(error)),
      })
      const loaded = await other
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(core.child.pid!, signal)
      const { spawnWorker: _, ...ports } = testPorts(folder)
      const forkWorker: ShellPorts['forkWorker'] = () => Promise.reject(new Error('Nobody needs a worker.'))
      const running = await loaded.start({ ...ports, forkWorker })
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(core.child.pid!, signal)
      await running.close()
    } finally {
      core.kill()
      await core.ended
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
