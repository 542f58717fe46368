import type { WorkerChannel } from '../workerChannel.ts'
import type { Log, LogLine, LogPart } from './line.ts'
import { logTo } from './log.ts'

/** How a line of a worker travels to the process that writes the files. */
interface LogMessage {
  readonly type: 'log'
  readonly line: LogLine
}

/** The log of a worker: its lines go to the core as messages among its others. */
export function workerLog(channel: Pick<WorkerChannel, 'send'>, part: LogPart): Log {
  return logTo(part, (line) => channel.send({ type: 'log', line } satisfies LogMessage))
}

/** The line that a worker's message carries; null when it is a message of another kind. */
export function lineOf(message: unknown): LogLine | null {
  const { type, line } = message as Partial<LogMessage>
  return type === 'log' && line ? line : null
}
