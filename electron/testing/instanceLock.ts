import { mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One running instance per data folder, as Electron's lock: the later one tells the first and gets false. */
export function lockInstance(folder: string, onSecond: (argv: string[], cwd: string) => void): boolean {
  const lock = join(folder, 'stand-in-lock')
  const requests = join(folder, 'stand-in-requests')
  mkdirSync(requests, { recursive: true })
  const owner = readOwner(lock)
  if (owner !== null && isRunning(owner)) {
    writeFileSync(join(requests, `${process.pid}`), JSON.stringify({ argv: process.argv, cwd: process.cwd() }))
    return false
  }
  writeFileSync(lock, String(process.pid))
  watch(requests, (_type, name) => {
    const path = name && join(requests, name)
    if (!path) return
    try {
      const { argv, cwd } = JSON.parse(readFileSync(path, 'utf8')) as { argv: string[]; cwd: string }
      rmSync(path)
      onSecond(argv, cwd)
    } catch {
      return // Not written to its end yet, or handled: another event follows or has been.
    }
  }).unref()
  return true
}

function readOwner(lock: string): number | null {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return null
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
