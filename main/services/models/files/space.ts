import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ModelSpace } from '#contract'
import { nearest } from './disk.ts'
import type { ReadRoom } from './disk.ts'

/** What files take in all and on each disk, each file counted once; the disk of `folder` comes first, also when it is empty. */
export async function spaceOf(folder: string, paths: readonly string[], readRoom: ReadRoom): Promise<ModelSpace> {
  const home = await nearest(folder)
  const disks = new Map([[(await stat(home, { bigint: true })).dev, { path: folder, at: home, modelBytes: 0 }]])
  const seen = new Set<string>()
  for (const path of paths) {
    const info = await stat(path, { bigint: true }).catch(() => null)
    if (!info || seen.has(`${info.dev}:${info.ino}`)) continue
    seen.add(`${info.dev}:${info.ino}`)
    const disk = disks.get(info.dev) ?? { path: dirname(path), at: dirname(path), modelBytes: 0 }
    disk.modelBytes += Number(info.size)
    disks.set(info.dev, disk)
  }
  const shown = [...disks.values()].map(async ({ path, at, modelBytes }) => ({
    path,
    modelBytes,
    ...(await readRoom(at)),
  }))
  return {
    folder,
    bytes: [...disks.values()].reduce((sum, disk) => sum + disk.modelBytes, 0),
    disks: await Promise.all(shown),
  }
}
