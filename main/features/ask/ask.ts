import { ANSWER_ROOM, AppError } from '#contract'
import type { ChosenFormat, Contract, Message, Profile, Remedy, SavedDraft, SeenProfile, Variation } from '#contract'
import type { AnswerEvent, AnswerOptions, AnswerRequest, Engine, ModelFiles } from '../../engine/index.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Conversations, Sent } from '../../services/conversations/index.ts'
import type { Chosen, Models } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { runAnswer } from './answerRun.ts'
import type { AnswerRun } from './answerRun.ts'
import type { Composing } from './drafts.ts'
import { createGoOn } from './goOn.ts'
import { readPages } from './pages.ts'
import type { PageEvent, PageJob, PagesBefore } from './pages.ts'
import { createPreparation } from './prepare.ts'
import type { Preparation, Question } from './prepare.ts'
import { contextFor, historyOf, leaveOutOldest, leftOutOf, lowerDetail, mostPixels, withDetail } from './remedies.ts'
import type { Fits } from './remedies.ts'
import { jobOf, seenProfile, wantedJob } from './profile.ts'
import { checkSchema, contextOf, toQuestion, toRequest } from './request.ts'
import type { RequestManner, StoredMedia, Turn } from './request.ts'
import { varied } from './variation.ts'

export interface AskParts {
  readonly conversations: Conversations
  readonly drafts: Pick<Composing, 'sent'>
  readonly settings: Pick<SettingsService, 'current'>
  readonly models: Pick<Models, 'chosen' | 'used' | 'setContext'>
  readonly attachments: StoredMedia['attachments']
  readonly frames: StoredMedia['frames']
  /** The profile that a model is asked with; null: none. */
  readonly profileOf: (chosen: Chosen) => Profile | null
  readonly engine: Engine
  readonly second: SecondModel
  /** Hears when the answers of a conversation have ended. */
  readonly onAnswered?: (conversationId: string) => void
}

/** Answers of another model beside those of `AskParts.engine`. */
export interface SecondModel {
  /** Before `model` answers first: gives back the memory that it may need to be loaded. */
  makeWay(model: ModelFiles): Promise<void>
  /** As `Engine.answer`, once `first` has settled: from then on the memory that is free is not wanted by the first answer. */
  answer(request: AnswerRequest, options: AnswerOptions & { first: Promise<void> }): AsyncIterable<AnswerEvent>
  /** Nothing is compared any more for now: gives back its memory once its answers have ended. */
  end(): Promise<void>
}

/** The formats that are offered again at most. */
const RECENT_FORMATS = 20

/** How a question is answered. */
interface Manner extends RequestManner {
  /** Id of the model that answers beside the chosen one; null or unset: none. Both get the path of the conversation. */
  readonly compareWith?: string | null | undefined
  /** What is otherwise this once; of two models, for the first. */
  readonly variation?: Variation | undefined
}

/** A model that is to answer, and its request. */
interface Assignment {
  readonly chosen: Chosen
  readonly request: AnswerRequest
  /** What its answer is read with; null: no profile. */
  readonly profile: SeenProfile | null
  /** The pages that are read one after another instead of `request`; null: none. */
  readonly pages: PageJob | null
}

/** Asking the model: each answer runs by itself once its question is stored. */
export interface Ask extends Pick<Preparation, 'count' | 'prepare'> {
  /**
   * `draft`: what the question is in the conversation's draft, which it is taken out of. Throws EmptyQuestion, NotFound
   * (conversation, medium or model), FramesMissing, InvalidInput (format, job, a conversation in the trash, an edited question that is not there), Busy while an answer of the conversation runs;
   * nothing is stored then.
   */
  send(input: Question & Manner & { readonly draft?: SavedDraft | undefined }): Sent
  /** `messageId` is a question or one of its answers. Throws NotFound, FramesMissing, Busy. */
  retry(input: { messageId: string } & Manner): Sent
  /**
   * Changes what `remedy` says, because the context was full, then as `retry`. Throws ContextFull too when that does not
   * help, and Interrupted when `signal` aborts before the answer begins.
   */
  remedy(input: { messageId: string; remedy: Remedy } & Manner, signal?: AbortSignal): Promise<Sent>
  /**
   * Goes on with an answer that did not come to its end, in the same answer: with its text from its last token on, or with
   * the pages that were not all read. Throws NotFound, Busy, and InvalidInput for an answer that is whole, of which there is
   * nothing, of another model than the chosen one, or not the last of its conversation.
   */
  goOn(input: { messageId: string } & RequestManner): Sent
  /** Stops both of a pair. Returns when the engines have stopped; at once for an answer that has ended. Throws NotFound. */
  stop(input: { messageId: string }): Promise<void>
  /** Waits until an answer has ended, and says how. Throws NotFound. */
  ended(input: { messageId: string }): Promise<Pick<Message, 'status' | 'error'>>
  /** Whether an answer can be held to a JSON schema, and why not. */
  checkFormat(input: { schema: string }): ReturnType<typeof checkSchema>
  /** The formats that questions were asked with, the latest first. */
  recentFormats(): ChosenFormat[]
  /** Stops what is answered or prepared in conversations; what was written is kept. Returns when the engines have stopped. */
  stopIn(conversationIds: readonly string[]): Promise<void>
  /**
   * Removes a conversation with `remove`, once nothing of it runs or stores any more. From the call on it takes no question:
   * NotFound, also from another window. Throws what `remove` throws; the conversation takes questions again then.
   */
  remove(conversationId: string, remove: () => void): Promise<void>
  /** Answers the window's calls about asking. They throw as above. */
  readonly procedures: HandlersOf<Contract>['ask']
  /** Stores every running answer as interrupted and stops it. */
  close(): void
}

/** Questions go from here to the engine, and answers from there through the disk to the watchers. */
export function createAsk(parts: AskParts): Ask {
  const { conversations, drafts, settings, models, attachments, frames, profileOf, engine, second } = parts
  const running = new Map<string, AnswerRun>()
  /** Conversations that are going away. */
  const leaving = new Set<string>()

  const media: StoredMedia = { attachments, frames }
  const request = (turns: readonly Turn[], { thinking, preset }: RequestManner, chosen = models.chosen()) =>
    toRequest(turns, chosen, settings.current, media, thinking, profileOf(chosen), preset)
  /** A question whose job reads its pictures one by one; null: it is another one. */
  const pagesOf = (turn: Turn | undefined, manner: RequestManner, chosen = models.chosen()): PageJob | null => {
    const profile = profileOf(chosen)
    const job = jobOf(profile, turn?.job?.id)
    const seen = seenProfile(profile, job)
    if (!turn || job?.pages !== 'each' || !seen) return null
    const words = turn.parts.filter(({ type }) => type === 'text')
    const pictures = turn.parts.filter(({ type }) => type === 'image')
    // each is asked about alone
    const { mediaBefore: _, ...alone } = turn
    const requests = pictures.map((picture) => request([{ ...alone, parts: [picture, ...words] }], manner, chosen))
    return requests.length > 0 ? { requests, profile: seen, passes: profile?.passes ?? null } : null
  }
  const preparation = createPreparation({ conversations, models, media, engine, request, pagesOf })
  /** The turns as each of the models is asked that are to answer. */
  const toAnswers = (
    turns: readonly Turn[],
    { compareWith, variation, ...manner }: Manner,
  ): { main: Assignment; comparison: Assignment | null } => {
    const asked = turns.at(-1)
    const refuse = ({ model }: Chosen, why: string, what: string): never => {
      throw new AppError('InvalidInput', `${model.name} ${why}. ${what}`, { id: model.id })
    }
    const assign = (chosen: Chosen, otherwise?: Variation): Assignment => {
      const profile = profileOf(chosen)
      const seen = seenProfile(profile, jobOf(profile, asked?.job?.id))
      const pages = pagesOf(asked, manner, chosen)
      const wanted = varied(request(turns, manner, chosen), otherwise)
      return {
        ...{ chosen, request: wanted, profile: seen },
        pages: pages && { ...pages, requests: pages.requests.map((one) => varied(one, otherwise)) },
      }
    }
    /** Why a model cannot do what the question asks for; null: it can, or there is no job. */
    const lacksJob = (chosen: Chosen): string | null =>
      asked?.job && !jobOf(profileOf(chosen), asked.job.id) ? `has no job “${asked.job.label}”` : null
    const first = models.chosen(variation?.modelId)
    const lacking = lacksJob(first)
    // with words of its own the question is asked as any other
    if (lacking && !asked?.parts.some((part) => part.type === 'text' && part.text.trim() !== ''))
      refuse(first, lacking, 'Choose a model that has it, or ask in your own words.')
    const main = assign(first, variation)
    if (!compareWith) return { main, comparison: null }
    const other = models.chosen(compareWith)
    const otherLacks = lacksJob(other)
    if (otherLacks) refuse(other, otherLacks, 'Choose another model to compare with, or no job.')
    const comparison = assign(other)
    if (comparison.pages)
      refuse(other, 'cannot read pages beside another model', 'End comparing, or choose another job.')
    return { main, comparison }
  }
  /** Changes what `remedy` says; returns how many of the oldest messages are left out then. */
  const apply = async (
    { remedy, ...manner }: { readonly remedy: Remedy } & Manner,
    path: readonly Message[],
    signal?: AbortSignal,
  ): Promise<number> => {
    const leftOut = leftOutOf(path)
    const pages = pagesOf(path.at(-1), manner)
    const total = async (wanted: AnswerRequest) => (await engine.count(wanted, { ...(signal && { signal }) })).total
    const room = () => contextOf(models.chosen(), manner) - ANSWER_ROOM
    const fits: Fits = async (wanted) => (await total(wanted)) <= room()
    if (pages) return applyToPages(remedy, pages.requests, path, { total, room })
    const toAnswerRequest = (messages: readonly Message[]) => request(messages, manner)
    const present = () => toAnswerRequest(path.slice(leftOut))
    if (remedy === 'turns') return leaveOutOldest(path, leftOut, toAnswerRequest, fits)
    if (remedy === 'detail') conversations.lowerDetail(path.at(-1)!.id, await lowerDetail(present(), fits))
    if (remedy === 'context') models.setContext(models.chosen().model.id, contextFor(await total(present())))
    return leftOut
  }
  /** As `apply` for pages that are read one by one: each has the context for itself, and nothing goes before it. */
  const applyToPages = async (
    remedy: Remedy,
    requests: readonly AnswerRequest[],
    path: readonly Message[],
    { total, room }: { total: (wanted: AnswerRequest) => Promise<number>; room: () => number },
  ): Promise<number> => {
    const largest = async (wanted: readonly AnswerRequest[]): Promise<number> => {
      let most = 0
      for (const one of wanted) most = Math.max(most, await total(one))
      return most
    }
    if (remedy === 'turns')
      throw new AppError(
        'ContextFull',
        'No earlier message goes with a page. Lower the detail of the pictures, or raise the context.',
      )
    if (remedy === 'context') models.setContext(models.chosen().model.id, contextFor(await largest(requests)))
    if (remedy === 'detail') {
      const fits: Fits = async (wanted) =>
        (await largest(requests.map((one) => withDetail(one, mostPixels(wanted))))) <= room()
      const widest = requests.reduce((most, one) => (mostPixels(one) > mostPixels(most) ? one : most))
      conversations.lowerDetail(path.at(-1)!.id, await lowerDetail(widest, fits))
    }
    return leftOutOf(path)
  }
  const runsOf = (conversationId: string | null) =>
    [...running.values()].filter((run) => run.conversationId === conversationId)
  const refuseWhileRunning = (conversationId: string | null) => {
    if (conversationId !== null && leaving.has(conversationId)) {
      throw new AppError('NotFound', 'This conversation is being removed. Ask in another one, or start a new one.', {
        id: conversationId,
      })
    }
    if (conversationId !== null && conversations.get(conversationId).deletedAt !== undefined) {
      throw new AppError('InvalidInput', 'This conversation is in the trash. Restore it to go on with it.', {
        id: conversationId,
      })
    }
    if (runsOf(conversationId).some((run) => !run.ended)) {
      throw new AppError(
        'Busy',
        'The answer in this conversation is still being written. Wait until it ends, or stop it first.',
      )
    }
  }
  const run = (
    conversationId: string,
    answerId: string,
    profile: SeenProfile | null,
    events: (options: AnswerOptions) => AsyncIterable<PageEvent>,
  ): AnswerRun => {
    const started = runAnswer({ events, conversations, conversationId, answerId, profile })
    running.set(answerId, started)
    void started.done.then(() => {
      // an answer that is gone on with may be another run by then
      if (running.get(answerId) === started) running.delete(answerId)
      if (runsOf(conversationId).length === 0) parts.onAnswered?.(conversationId)
    })
    return started
  }
  async function* answerFirst(wanted: AnswerRequest, options: AnswerOptions): AsyncGenerator<AnswerEvent> {
    await second.makeWay(wanted.model)
    yield* engine.answer({ ...wanted, mayGoOn: true }, options)
  }
  async function* readFirst(pages: PageJob, signal?: AbortSignal, before?: PagesBefore): AsyncGenerator<PageEvent> {
    await second.makeWay(pages.requests[0]!.model)
    yield* readPages(pages, engine, { signal, before })
  }
  const start = (sent: Sent, main: Assignment, comparison: Assignment | null): Sent => {
    const { conversationId, answerId, besideId } = sent
    const { underWay } = run(conversationId, answerId, main.profile, (options) =>
      main.pages ? readFirst(main.pages, options.signal) : answerFirst(main.request, options),
    )
    if (comparison && besideId)
      run(conversationId, besideId, comparison.profile, (options) =>
        second.answer({ ...comparison.request, mayGoOn: true }, { ...options, first: underWay }),
      )
    try {
      models.used(main.chosen.model.id, conversationId)
    } catch {
      // The library's lists lack one use; storing the answer tells what is wrong with the disk.
    }
    return sent
  }

  const questionOf = (messageId: string): string => {
    const message = conversations.message(messageId)
    refuseWhileRunning(message.conversationId)
    const questionId = message.role === 'user' ? message.id : message.parentId
    if (questionId === null)
      throw new AppError('NotFound', 'The question of this answer is no longer there.', { id: messageId })
    return questionId
  }
  const answerAgain = (questionId: string, leftOut: number, manner: Manner): Sent => {
    const path = conversations.path(questionId)
    refuseWhileRunning(conversations.message(questionId).conversationId)
    const { main, comparison } = toAnswers(path.slice(leftOut), manner)
    return start(conversations.answerAgain(questionId, { ...namesOf(main, comparison), leftOut }), main, comparison)
  }

  const ask: Omit<Ask, 'procedures'> = {
    send({ conversationId, parts: composed, format = null, job: jobId, draft, edits, ...manner }) {
      const wanted = wantedJob(profileOf(models.chosen()), jobId)
      const job = wanted && { id: wanted.id, label: wanted.label, ...(wanted.pages && { pages: wanted.pages }) }
      if (job?.pages && format)
        throw new AppError(
          'InvalidInput',
          `"${job.label}" reads pages as they are, so its answer cannot be held to "${format.name}". Take off the format, or ask without the job.`,
        )
      const parts = toQuestion(composed, media, wanted)
      refuseWhileRunning(conversationId)
      const { messages, leftOut } = historyOf(conversations, conversationId, edits)
      const { main, comparison } = toAnswers(
        [...messages, { role: 'user', parts, format, ...(job && { job }) }],
        manner,
      )
      preparation.cancel(conversationId)
      const sent = conversations.ask({
        ...{ conversationId, parts, format, leftOut, edits },
        ...(job && { job }),
        ...namesOf(main, comparison),
      })
      start(sent, main, comparison)
      try {
        if (draft) drafts.sent(conversationId, draft, sent.conversationId)
      } catch {
        // the window saves its emptied draft too
      }
      return sent
    },

    retry({ messageId, ...manner }) {
      const questionId = questionOf(messageId)
      const { role, leftOut } = conversations.message(messageId)
      return answerAgain(questionId, role === 'assistant' ? leftOut : leftOutOf(conversations.path(questionId)), manner)
    },

    async remedy({ messageId, remedy, ...manner }, signal) {
      const questionId = questionOf(messageId)
      const leftOut = await apply({ remedy, ...manner }, conversations.path(questionId), signal)
      if (signal?.aborted) throw new AppError('Interrupted', 'Stopped.')
      return answerAgain(questionId, leftOut, manner)
    },

    goOn: createGoOn({
      ...{ conversations, models, profileOf, request, pagesOf, questionOf },
      run: ({ conversationId, id }, profile, events) => void run(conversationId, id, profile, events),
      answer: answerFirst,
      read: readFirst,
    }),

    async stop({ messageId }) {
      conversations.message(messageId)
      const stopped = running.get(messageId)
      if (stopped) await Promise.all(runsOf(stopped.conversationId).map((each) => each.stop()))
    },

    async ended({ messageId }) {
      conversations.message(messageId)
      await running.get(messageId)?.done
      const { status, error } = conversations.message(messageId)
      return { status, error }
    },

    count: preparation.count,
    prepare: preparation.prepare,
    checkFormat: ({ schema }) => checkSchema(schema),
    recentFormats: () => conversations.recentFormats(RECENT_FORMATS),

    async stopIn(conversationIds) {
      const wanted = new Set(conversationIds)
      for (const id of wanted) preparation.cancel(id)
      await Promise.all([...running.values()].filter((run) => wanted.has(run.conversationId)).map((run) => run.stop()))
    },

    async remove(conversationId, remove) {
      conversations.get(conversationId)
      leaving.add(conversationId)
      const discarded = runsOf(conversationId).filter((each) => !each.ended)
      try {
        preparation.cancel(conversationId)
        await Promise.all(discarded.map((each) => each.discard()))
        remove()
      } catch (error) {
        for (const each of discarded) each.keep()
        throw error
      } finally {
        leaving.delete(conversationId)
      }
    },

    close() {
      preparation.close()
      for (const each of running.values()) each.interrupt()
    },
  }
  return {
    ...ask,
    procedures: {
      send: (question) => ask.send(question),
      retry: ({ remedy, ...input }, { signal }) =>
        remedy ? ask.remedy({ ...input, remedy }, signal) : ask.retry(input),
      goOn: (input) => ask.goOn(input),
      stop: (input) => ask.stop(input),
      ended: (input) => ask.ended(input),
      count: (question, { signal }) => ask.count(question, signal),
      prepare: (question, { signal }) => ask.prepare(question, signal),
      checkFormat: (input) => ask.checkFormat(input),
      recentFormats: () => ask.recentFormats(),
      endComparing: () => second.end(),
    },
  }
}

const namesOf = (main: Assignment, comparison: Assignment | null) => ({
  model: main.chosen.model.name,
  beside: comparison?.chosen.model.name,
})
