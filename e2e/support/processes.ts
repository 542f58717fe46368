import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from '@playwright/test'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** Every process of this computer that can be read. */
function allProcesses(): Process[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
    return lines.map((line) => {
      const [pid = '', parent = '', ...command] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), command: command.join(' ') }
    })
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return [{ pid: Number(name), parent: Number(parent), command }]
      } catch {
        return [] // It ended meanwhile.
      }
    })
}

/** The processes below the app's whose command line is such a one, as they are now, in the order in which they began: a folder's names come sorted as texts. */
export const childProcesses = (app: number, command: RegExp): number[] =>
  allProcesses()
    .filter((process) => process.parent === app && command.test(process.command))
    .map(({ pid }) => pid)
    .sort((a, b) => a - b)

/** The engine processes below the app's process as they are now. */
export const engineProcesses = (app: number): number[] => childProcesses(app, /engine[/\\]worker|workers[/\\]engine/)

/** The engine process below the app's process, once it is there. */
export async function engineProcess(app: number): Promise<number> {
  const find = () => engineProcesses(app)[0]
  await expect.poll(find, { message: 'the engine process' }).toBeDefined()
  return find() as number
}

/** All processes that a process began, and those that they began, as they are now. */
export function processesBelow(pid: number): number[] {
  const all = allProcesses()
  const below = (parent: number): number[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process.pid, ...below(process.pid)])
  return below(pid)
}

/** Resolves when none of these processes runs any more; one that has ended and is still listed has no command line. */
export async function haveEnded(pids: readonly number[]): Promise<void> {
  const left = () => allProcesses().filter(({ pid, command }) => pids.includes(pid) && command.trim() !== '')
  await expect.poll(() => left().map(({ command }) => command), { message: 'processes that have to end' }).toEqual([])
}

/** Whether a process is there and has not ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
