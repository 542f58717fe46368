import { join } from 'node:path'
import { hasDisplay } from '../../main/browserShell/openWindow.ts'
import { findElectron } from '../../build/electronBinary.ts'

export const root = join(import.meta.dirname, '../..')
const standIn = join(root, 'electron/testing/electron.ts')

/** The program that runs the desktop shell: Electron itself, or the stand-in and why it is used. */
export interface ElectronProgram {
  readonly path: string
  /** null: it is Electron itself. */
  readonly standInBecause: string | null
}

/** Chooses Electron where its binary is there and can open a window, else the stand-in. */
export function electronProgram(): ElectronProgram {
  const electron = findElectron()
  if (!electron) return { path: standIn, standInBecause: "Electron's binary is not on this machine" }
  if (!hasDisplay(process.platform, process.env))
    return { path: standIn, standInBecause: 'Electron needs a display and there is none' }
  return { path: electron, standInBecause: null }
}
