import { AppError, toErrorInfo } from '#contract'
import { workerChannel } from '../../../lib/workerChannel.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import type { ModelFiles } from '../types.ts'
import { Aborted } from './aborted.ts'
import { createRuntime } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Session } from './session.ts'
import type { Listener } from './session.ts'

type Work = Exclude<ToWorker, { op: 'cancel' }>

/** The engine process: takes one request after the other; cancelling gets through at any time. */
const channel = workerChannel()
const say = (message: FromWorker) => channel.send(message)

let runtime: Runtime | null = null
let session: Session | null = null
const queue: Work[] = []
let running: { id: number; op: Work['op']; abort: AbortController } | null = null

channel.onMessage((message) => {
  const work = message as ToWorker
  if (work.op === 'cancel') return cancel(work.id)
  queue.push(work)
  // getting things ready never keeps a question waiting
  if (running?.op === 'prepare' && work.op !== 'prepare') cancel(running.id)
  void next()
})

function cancel(id: number): void {
  const waiting = queue.findIndex((work) => work.id === id)
  if (waiting >= 0) {
    queue.splice(waiting, 1)
    say({ type: 'failed', id, error: { code: 'Interrupted', message: 'Stopped before it began.' } })
  } else if (running?.id === id) {
    running.abort.abort(new Aborted())
    runtime?.abort.set(true)
  }
}

async function next(): Promise<void> {
  if (running) return
  const work = queue.shift()
  if (!work) return
  const abort = new AbortController()
  running = { id: work.id, op: work.op, abort }
  try {
    runtime ??= start()
    runtime.abort.set(false)
    say({ type: 'done', id: work.id, result: await perform(runtime, work, abort.signal) })
  } catch (error) {
    const info = error instanceof Aborted ? new AppError('Interrupted', 'Stopped.').toInfo() : toErrorInfo(error)
    say({ type: 'failed', id: work.id, error: info })
  } finally {
    running = null
    void next()
  }
}

function start(): Runtime {
  const created = createRuntime()
  say({ type: 'started', backend: created.backendName })
  return created
}

async function perform(native: Runtime, work: Work, signal: AbortSignal) {
  const listener: Listener = {
    progress: (progress) => say({ type: 'progress', id: work.id, progress }),
    text: (text) => say({ type: 'text', id: work.id, text }),
  }
  switch (work.op) {
    case 'unload':
      await unload()
      return null
    case 'load':
      await load(native, work.model, listener, signal)
      say({ type: 'loaded', model: work.model, contextTokens: await session!.reserve(work.contextTokens) })
      return null
    case 'prepare': {
      await load(native, work.request.model, listener, signal)
      return session!.prepare(work.request, listener, signal)
    }
    case 'answer': {
      const started = performance.now()
      const isNew = await load(native, work.request.model, listener, signal)
      const loadMs = isNew ? performance.now() - started : 0
      const result = await session!.answer(work.request, listener, signal, loadMs)
      if (session!.contextTokens) say({ type: 'loaded', model: work.request.model, contextTokens: session!.contextTokens })
      return result
    }
  }
}

/** Loads the model unless it is the loaded one; tells whether it did. */
async function load(native: Runtime, model: ModelFiles, listener: Listener, signal: AbortSignal): Promise<boolean> {
  if (session && session.files.textPath === model.textPath && session.files.projectorPath === model.projectorPath) return false
  await unload()
  listener.progress({ phase: 'loading', done: 0, total: 1 })
  session = await Session.load(native, model, (share) => listener.progress({ phase: 'loading', done: share, total: 1 }), signal)
  return true
}

async function unload(): Promise<void> {
  const old = session
  session = null
  await old?.free()
  if (old) say({ type: 'unloaded' })
}
