import { electronProgram } from './electronProgram.ts'

/** Says once which shells the specs run on, and why Electron itself is not one of them. */
export default function announceShells(): void {
  const { standInBecause } = electronProgram()
  const electron = standInBecause
    ? `the desktop shell on a stand-in for Electron in real Chromium (${standInBecause})`
    : 'the desktop shell in Electron'
  process.stdout.write(`Shells: the browser shell in real Chromium; ${electron}.\n`)
}
