import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { watchOthers } from './otherPrograms.ts'

describe('what other programs take', () => {
  const folder = tempFolder()
  afterAll(() => folder.remove())

  /** Writes the files as Linux has them. Ticks: user, nice, system, idle, wait, interrupts, soft interrupts, stolen, guest. */
  function system(
    all: readonly number[],
    processes: readonly { pid: number; parent: number; ticks: readonly number[] }[],
  ) {
    writeFileSync(join(folder.path, 'stat'), `cpu  ${all.join(' ')} 0\ncpu0 1 2 3 4\nintr 77\n`)
    for (const { pid, parent, ticks } of processes) {
      mkdirSync(join(folder.path, String(pid)), { recursive: true })
      const line = `${pid} (a (name) of) S ${parent} 1 1 0 -1 4194304 100 0 0 0 ${ticks.join(' ')} 20 0 1 0 5 1000\n`
      writeFileSync(join(folder.path, String(pid), 'stat'), line)
    }
  }

  it('is what was used without this process, what it started, and what of that has ended', () => {
    system(
      [1000, 0, 200, 5000, 100, 0, 0, 0, 500],
      [
        { pid: 10, parent: 1, ticks: [100, 20, 30, 0] },
        { pid: 11, parent: 10, ticks: [50, 5, 0, 0] },
        { pid: 12, parent: 11, ticks: [5, 0, 0, 0] },
        { pid: 20, parent: 1, ticks: [800, 100, 0, 0] },
      ],
    )
    const share = watchOthers(folder.path, 10)
    // of 1,000 ticks 600 were used or stolen: 300 by the three, 50 by one that ended, 250 by others
    system(
      [1400, 0, 300, 5350, 150, 0, 50, 50, 600],
      [
        { pid: 10, parent: 1, ticks: [200, 20, 80, 0] },
        { pid: 11, parent: 10, ticks: [150, 5, 0, 0] },
        { pid: 12, parent: 11, ticks: [105, 0, 0, 0] },
        { pid: 20, parent: 1, ticks: [1000, 100, 0, 0] },
      ],
    )
    expect(share()).toBeCloseTo(0.25, 10)
  })

  it('is not known where there are no such files', () => {
    expect(watchOthers(join(folder.path, 'nothing'))()).toBeNull()
  })

  it.skipIf(process.platform !== 'linux')('is a share of the processors on this computer', async () => {
    const share = watchOthers()
    const until = performance.now() + 50
    while (performance.now() < until);
    expect(share()).toBeGreaterThanOrEqual(0)
    expect(share()).toBeLessThanOrEqual(1)
  })
})
