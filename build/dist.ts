import { dirname, join } from 'node:path'
import { build } from 'electron-builder'
import { buildAll } from './build.ts'
import { configuration } from './electron-builder.config.ts'
import { failedLately, fetchElectron, findElectron } from './electronBinary.ts'
import { root } from './paths.ts'

/** `npm run dist`: installers for this system in release/. Ends with 1 where Electron's runtime cannot be had. */
async function dist(): Promise<number> {
  const repeat = process.argv.includes('--fetch') || failedLately(Date.now()) === null
  const electron = findElectron() ?? (repeat ? await fetchElectron(console.log) : null)
  if (!electron) {
    console.error(
      "No installers can be made: Electron's runtime is not on this machine and could not be fetched (npm run dist -- --fetch tries again).",
    )
    return 1
  }
  await buildAll({ force: true })
  const electronDist = process.platform === 'darwin' ? dirname(dirname(dirname(dirname(electron)))) : dirname(electron)
  // electron-builder keeps Chromium's licences beside the program, except on macOS, where they lie beside the bundle
  const chromium = { from: join(electronDist, 'LICENSES.chromium.html'), to: 'LICENSES.chromium.html' }
  const resources = configuration.extraResources as { from: string; to: string }[]
  const extraResources = process.platform === 'darwin' ? [...resources, chromium] : resources
  const files = await build({ projectDir: root, config: { ...configuration, extraResources, electronDist } })
  for (const file of files) console.log(file)
  return 0
}

process.exitCode = await dist()
