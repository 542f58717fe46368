import type { ErrorInfo } from '#contract'
import type { AnswerResult } from '../types.ts'
import { Aborted } from './aborted.ts'
import type { ModelHost, Send } from './modelHost.ts'
import { probe } from './probe.ts'
import type { PlanRequest } from './planner.ts'
import type { JobResult, QueuedJob, RunningJob, Scheduler } from './scheduler.ts'
import type { AnswerListener, Session } from './session.ts'

type JobWithModel = Exclude<QueuedJob, { op: 'unload' | 'probe' }>

/** What jobs are done with. */
export interface Performers {
  readonly host: ModelHost
  readonly scheduler: Pick<Scheduler, 'letOthersRun' | 'modelLoaded'>
  readonly send: Send
}

/** Does a job; when memory runs out before the answer has begun, with a lower plan. @throws AppError, Aborted. */
export async function perform(job: QueuedJob, running: RunningJob, performers: Performers): Promise<JobResult> {
  const { host, send } = performers
  let hasBegun = false
  const mayMakeRoom = !running.isGuest && !(job.op === 'batch' && job.isSpare)
  const listener: AnswerListener = {
    seen: (seen) => send({ type: 'seen', id: job.id, seen }),
    progress: (progress) => {
      running.progress = progress
      for (const id of [job.id, running.helping]) if (id !== null) send({ type: 'progress', id, progress })
    },
    reasoning: (text) => {
      hasBegun = true
      send({ type: 'reasoning', id: job.id, text })
    },
    reasoned: (thought) => send({ type: 'reasoned', id: job.id, ...thought }),
    text: (text) => {
      hasBegun = true
      send({ type: 'text', id: job.id, text })
    },
  }
  switch (job.op) {
    case 'unload':
      await host.unload()
      return null
    case 'probe':
      return probe(await host.libraries(), job.known, host.cachePath)
  }
  for (;;)
    try {
      return await performLoaded(job, running, performers, listener)
    } catch (error) {
      if (!hasBegun && mayMakeRoom && (await host.makeRoom(error, job.op === 'batch'))) continue
      host.jobFailed(error)
      throw error
    }
}

/** Loads the model where it is not the loaded one, and does what needs it. */
async function performLoaded(
  job: JobWithModel,
  running: RunningJob,
  { host, scheduler, send }: Performers,
  listener: AnswerListener,
): Promise<JobResult> {
  const { signal } = running.abort
  const started = performance.now()
  const model = 'request' in job ? job.request.model : job.model
  const { loaded, isNew } = await host.load(job.id, model, planRequestOf(job), listener, signal)
  const loadMs = isNew ? performance.now() - started : 0
  if (job.op === 'load') await loaded.reserve(job.contextTokens, job.options, signal)
  // a job that fails after this leaves the model loaded
  host.sendLoaded(loaded)
  scheduler.modelLoaded()
  if (running.onlyLoads) throw new Aborted()
  switch (job.op) {
    case 'load':
      return null
    case 'batch':
      return performBatch(loaded, job, signal, scheduler, send)
    case 'count':
      return loaded.count(job.request, signal)
    case 'prepare':
    case 'answer':
      try {
        return job.op === 'prepare'
          ? await loaded.prepare(job, listener, signal)
          : await loaded.answer(job, listener, signal, loadMs)
      } finally {
        host.sendLoaded(loaded)
      }
  }
}

/** What the plan of a model has to provide for when this job loads it. */
function planRequestOf(job: JobWithModel): PlanRequest {
  if (job.op === 'load') return { contextTokens: job.contextTokens, options: job.options }
  const requests = job.op === 'batch' ? job.requests : [job.request]
  const contexts = requests.map((request) => request.contextTokens).filter((tokens) => tokens !== null)
  return {
    contextTokens: contexts.length > 0 ? Math.max(...contexts) : null,
    options: requests[0]?.context,
    picturePixels: Math.max(...requests.map((request) => request.budget.maxPixels)),
  }
}

async function performBatch(
  loaded: Session,
  { id, requests, parallel }: Extract<QueuedJob, { op: 'batch' }>,
  signal: AbortSignal,
  scheduler: Performers['scheduler'],
  send: Send,
): Promise<null> {
  const ends = {
    giveWay: () => scheduler.letOthersRun(),
    onReasoning: (index: number, text: string) => send({ type: 'batchText', id, index, of: 'reasoning', text }),
    onText: (index: number, text: string) => send({ type: 'batchText', id, index, of: 'text', text }),
    onEnd: (index: number, end: AnswerResult | ErrorInfo) => send({ type: 'batchEnd', id, index, end }),
  }
  await loaded.batch(requests, parallel, ends, signal)
  return null
}
