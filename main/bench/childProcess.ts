import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AppError, toErrorInfo } from '#contract'
import type { ErrorInfo } from '#contract'

/** What a process that is measured answers when it could not do what it was asked. */
export interface Failed {
  readonly type: 'failed'
  readonly error: ErrorInfo
}

/** A process of its own that answers one message at a time. */
export interface ChildProcess<Asked, Answer> {
  /** @throws AppError EngineFailed when it fails or ends. */
  ask(message: Asked): Promise<Exclude<Answer, Failed>>
  /** Ends it, if it still runs; its memory is free then. */
  close(): Promise<void>
}

/** Starts the module at `entry`; `name` is the sentence's subject where it fails. */
export function startChild<Asked extends object, Answer extends { readonly type: string }>(
  entry: URL,
  name: string,
): ChildProcess<Asked, Answer> {
  const child = fork(fileURLToPath(entry), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        const fail = (what: string) => reject(new AppError('EngineFailed', `${name} ${what}`))
        void ended.then(() => fail('ended unexpectedly. Run the benchmark again.'))
        child.once('message', (reply: Answer | Failed) => {
          if (reply.type === 'failed') fail(`failed: ${(reply as Failed).error.message}`)
          else resolve(reply as Exclude<Answer, Failed>)
        })
        child.send(message, (error) => error && fail('ended unexpectedly. Run the benchmark again.'))
      }),
    close: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** The other end: answers each message with what `answer` gives, and ends with the process that asks. */
export function answerParent<Asked, Answer>(answer: (message: Asked) => Promise<Answer>): void {
  const say = (reply: Answer | Failed) => void process.send?.(reply)
  process.once('disconnect', () => process.exit())
  process.on('message', (message: Asked) => {
    void answer(message).then(say, (error: unknown) => say({ type: 'failed', error: toErrorInfo(error) }))
  })
}
