import { renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'vite'
import { dist, root } from './paths.ts'
import { targets } from './targets.ts'
import type { Target } from './targets.ts'
import { isUpToDate } from './upToDate.ts'

/** Builds what is older than its sources, or everything with `force`. */
export async function buildAll({
  force = false,
  only = () => true,
}: {
  force?: boolean
  only?: (target: Target) => boolean
} = {}): Promise<void> {
  for (const target of targets.filter(only)) {
    if (!force && isUpToDate(root, target.sources, join(dist, target.output))) continue
    const started = performance.now()
    await build(target.config)
    if (target.staging) {
      const place = join(dist, dirname(target.output))
      rmSync(place, { recursive: true, force: true })
      renameSync(target.staging, place)
    }
    console.log(`Built the ${target.name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

if (import.meta.main) await buildAll({ force: process.argv.includes('--force') })
