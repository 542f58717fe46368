import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The files that a command line names: what stands behind the app's own script, or behind its program where that is packed, and is no
 * switch. Addresses of files, as desktops of Linux give them, are paths too. Paths count from `folder`; what is no file is passed over.
 */
export function filesNamed(argv: readonly string[], folder: string, script: string): string[] {
  const at = argv.findIndex((argument) => resolve(folder, argument) === script)
  return argv
    .slice(at < 0 ? 1 : at + 1)
    .filter((argument) => !argument.startsWith('-'))
    .flatMap((argument) => (argument.startsWith('file:') ? pathOf(argument) : resolve(folder, argument)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
}

/** The path of an address; none for one that is of another computer, or is none. */
function pathOf(address: string): string[] {
  try {
    return [fileURLToPath(address)]
  } catch {
    return []
  }
}
