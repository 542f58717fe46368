import { readFileSync, readdirSync } from 'node:fs'

/** A share of all processors that others may take before the computer is not called quiet. */
export const QUIET_SHARE = 0.05

/** Processor time since the computer was started, in the kernel's ticks. */
interface Ticks {
  /** Of all processors, idle or not. */
  readonly total: number
  /** Not idle, or taken away by the host of a virtual machine. */
  readonly busy: number
  /** Of this process and all that it started. */
  readonly own: number
}

/**
 * Watches what other programs do: the function that is returned gives the share (0..1) of all processors that they took
 * since then. Null where the system has no `/proc`, which only Linux has. `pid`: the process that, with all it started, is
 * not another program.
 */
export function watchOthers(proc = '/proc', pid = process.pid): () => number | null {
  const before = readTicks(proc, pid)
  return () => {
    const after = readTicks(proc, pid)
    if (!before || !after || after.total === before.total) return null
    const others = after.busy - before.busy - (after.own - before.own)
    return Math.max(0, others / (after.total - before.total))
  }
}

function readTicks(proc: string, pid: number): Ticks | null {
  try {
    // proc_stat(5); what guests took is in the first two already
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft = 0, stolen = 0] = readFileSync(
      `${proc}/stat`,
      'utf8',
    )
      .split('\n', 1)[0]!
      .split(/\s+/)
      .slice(1)
      .map(Number)
    const busy = user + nice + system + interrupts + soft + stolen
    return { total: busy + idle + wait, busy, own: ownTicks(proc, pid) }
  } catch {
    return null
  }
}

/** Of a process, those below it, and those of them that have ended. */
function ownTicks(proc: string, pid: number): number {
  const processes = readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [parseStat(readFileSync(`${proc}/${name}/stat`, 'utf8'))]
      } catch {
        // it has ended meanwhile
        return []
      }
    })
  const children = Map.groupBy(processes, ({ parent }) => parent)
  const below = (parent: number): number =>
    (children.get(parent) ?? []).reduce((sum, child) => sum + child.ticks + below(child.pid), 0)
  return (processes.find((one) => one.pid === pid)?.ticks ?? 0) + below(pid)
}

/** One line of proc_pid_stat(5): what it used itself (14, 15) and what its ended children did (16, 17). */
function parseStat(line: string): { pid: number; parent: number; ticks: number } {
  // the name in brackets may hold blanks and brackets
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { pid: Number.parseInt(line, 10), parent: Number(fields[1]), ticks }
}
