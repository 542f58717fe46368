import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { AppError } from '#contract'

/** Memory of a process in bytes: resident now, and the most it ever was (where the system does not tell: now). */
export interface ProcessMemory {
  readonly resident: number
  readonly peak: number
}

const run = promisify(execFile)

/** @throws AppError EngineFailed when the system does not tell, for instance because the process has ended. */
export async function processMemory(pid: number, platform: NodeJS.Platform = process.platform): Promise<ProcessMemory> {
  try {
    const found =
      platform === 'linux' ? await fromProc(pid) : platform === 'win32' ? await fromPowerShell(pid) : await fromPs(pid)
    if (found.resident > 0 && found.peak > 0) return found
    throw new Error('no figures')
  } catch (cause) {
    throw new AppError(
      'EngineFailed',
      `The memory of process ${pid} could not be read. Run the benchmark again.`,
      { pid },
      { cause },
    )
  }
}

async function fromProc(pid: number): Promise<ProcessMemory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  return { resident: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 }
}

async function fromPs(pid: number): Promise<ProcessMemory> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)])
  const resident = Number(stdout.trim()) * 1024
  return { resident, peak: resident }
}

async function fromPowerShell(pid: number): Promise<ProcessMemory> {
  const { stdout } = await run('powershell', [
    '-NoProfile',
    '-Command',
    `$p = Get-Process -Id ${pid}; "$($p.WorkingSet64) $($p.PeakWorkingSet64)"`,
  ])
  const [resident = 0, peak = 0] = stdout.trim().split(' ').map(Number)
  return { resident, peak }
}
