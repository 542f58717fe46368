import type { ErrorInfo } from '#contract'
import type { AnswerResult } from '../types.ts'
import { Aborted } from './aborted.ts'
import type { ModelHost, Say } from './modelHost.ts'
import { probe } from './native/cpuSpeed.ts'
import type { Wants } from './planner.ts'
import type { Listener, Session } from './session.ts'
import type { Turn, Turns, Work, WorkResult } from './turns.ts'

type LoadedWork = Exclude<Work, { op: 'unload' | 'forget' | 'probe' }>

/** With what a piece of work is done. */
export interface Surroundings {
  readonly host: ModelHost
  readonly turns: Pick<Turns, 'letOthersGo'>
  readonly say: Say
}

/** Does the work of a turn; when memory runs out before anything was said, with a lower plan. @throws AppError, Aborted. */
export async function perform(work: Work, turn: Turn, { host, turns, say }: Surroundings): Promise<WorkResult> {
  let said = false
  const listener: Listener = {
    seen: (seen) => say({ type: 'seen', id: work.id, seen }),
    progress: (progress) => say({ type: 'progress', id: work.id, progress }),
    text: (text) => {
      said = true
      say({ type: 'text', id: work.id, text })
    },
  }
  switch (work.op) {
    case 'unload':
      await host.unload()
      return null
    case 'probe':
      return probe(await host.libraries(), work.cpuBytesPerSecond)
    case 'forget':
      host.session?.forget(work.conversation)
      return null
  }
  for (;;)
    try {
      return await performLoaded(work, turn, { host, turns, say }, listener)
    } catch (error) {
      if (!said && !turn.isGuest && (await host.makeRoom(error, work.op === 'batch'))) continue
      host.dropFailedPlan()
      throw error
    }
}

/** Loads the model where it is not the loaded one, and does what needs it. */
async function performLoaded(
  work: LoadedWork,
  turn: Turn,
  { host, turns, say }: Surroundings,
  listener: Listener,
): Promise<WorkResult> {
  const { signal } = turn.abort
  const started = performance.now()
  const { loaded, isNew } = await host.load(
    'request' in work ? work.request.model : work.model,
    wantsOf(work),
    listener,
    signal,
  )
  const loadMs = isNew ? performance.now() - started : 0
  if (work.op === 'load') await loaded.reserve(work.contextTokens, work.options)
  // a request that fails after this leaves the model loaded
  host.tellLoaded(loaded)
  if (turn.onlyLoads) throw new Aborted()
  switch (work.op) {
    case 'load':
      return null
    case 'batch':
      return performBatch(loaded, work, signal, turns, say)
    case 'count':
      return loaded.count(work.request, signal)
    case 'prepare':
    case 'answer':
      try {
        return work.op === 'prepare'
          ? await loaded.prepare(work, listener, signal)
          : await loaded.answer(work, listener, signal, loadMs)
      } finally {
        host.tellLoaded(loaded)
      }
  }
}

/** What loading a model should provide for. */
function wantsOf(work: LoadedWork): Wants {
  if (work.op === 'load') return { contextTokens: work.contextTokens, options: work.options }
  const requests = work.op === 'batch' ? work.requests : [work.request]
  const contexts = requests.map((request) => request.contextTokens).filter((tokens) => tokens !== null)
  return {
    contextTokens: contexts.length > 0 ? Math.max(...contexts) : null,
    options: requests[0]?.context,
    picturePixels: Math.max(...requests.map((request) => request.budget.maxPixels)),
  }
}

async function performBatch(
  loaded: Session,
  { id, requests, parallel }: Extract<Work, { op: 'batch' }>,
  signal: AbortSignal,
  turns: Surroundings['turns'],
  say: Say,
): Promise<null> {
  const ends = {
    giveWay: () => turns.letOthersGo(),
    onText: (index: number, text: string) => say({ type: 'batchText', id, index, text }),
    onEnd: (index: number, end: AnswerResult | ErrorInfo) => say({ type: 'batchEnd', id, index, end }),
  }
  await loaded.batch(requests, parallel, ends, signal)
  return null
}
