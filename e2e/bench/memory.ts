import { readdirSync, readFileSync } from 'node:fs'

const statusOf = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // It ended meanwhile.
  }
}

/** A process and all below it. */
export function family(top: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parents = new Map(all.map((pid) => [pid, Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid, 'status'))?.[1])]))
  const below = (pid: number): number[] => [pid, ...all.filter((child) => parents.get(child) === pid).flatMap(below)]
  return below(top)
}

/** Proportional set size of processes together, in MB: what they share counts once. */
export function proportionalMegabytes(pids: readonly number[]): number {
  return (
    pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(statusOf(pid, 'smaps_rollup'))?.[1] ?? 0), 0) / 1000
  )
}
