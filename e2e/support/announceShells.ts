import { basename } from 'node:path'
import { electronProgram } from './electronProgram.ts'
import { ofWindowAlone } from './ofWindowAlone.ts'

/** Says once which shells the specs run on, and why Electron itself is not one of them and which specs that leaves out. */
export default function announceShells(): void {
  const { standInBecause } = electronProgram()
  const electron = standInBecause
    ? `the desktop shell on a stand-in for Electron in real Chromium (${standInBecause})`
    : 'the desktop shell in Electron'
  process.stdout.write(`Shells: the browser shell in real Chromium; ${electron}.\n`)
  if (standInBecause)
    process.stdout.write(
      `Not on the stand-in, which would show the browser shell's page to the same browser once more: ${ofWindowAlone
        .map((glob) => basename(glob, '.spec.ts'))
        .join(', ')}.\n`,
    )
}
