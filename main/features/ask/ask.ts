import { AppError } from '#contract'
import type { ChosenFormat, Message, Remedy } from '#contract'
import type { Conversations, Sent } from '../../services/conversations/index.ts'
import type { AnswerEvent, AnswerOptions, AnswerRequest, Engine, ModelFiles } from '../../engine/index.ts'
import type { Chosen, Models } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { runAnswer } from './answerRun.ts'
import type { AnswerRun } from './answerRun.ts'
import { toQuestion } from './draft.ts'
import { createDrafts } from './drafts.ts'
import type { Draft, Drafts } from './drafts.ts'
import { checkSchema } from './format.ts'
import { historyOf, leftOutOf } from './history.ts'
import { ANSWER_ROOM, contextFor, leaveOutOldest, lowerDetail } from './remedies.ts'
import type { Fits } from './remedies.ts'
import { toRequest } from './request.ts'
import type { Turn } from './request.ts'
import type { StoredMedia } from './storedMedia.ts'

export interface AskParts {
  readonly conversations: Conversations
  readonly settings: Pick<SettingsService, 'current'>
  readonly models: Pick<Models, 'chosen' | 'used' | 'setContext'>
  readonly attachments: StoredMedia['attachments']
  readonly frames: StoredMedia['frames']
  readonly engine: Engine
  readonly second: SecondModel
}

/** Answers of another model beside those of `AskParts.engine`. */
export interface SecondModel {
  /** Before `model` answers first: gives back the memory that it may need to be loaded. */
  makeWay(model: ModelFiles): Promise<void>
  /** As `Engine.answer`, once `first` has settled: from then on the memory that is free is not wanted by the first answer. */
  answer(request: AnswerRequest, options: AnswerOptions & { first: Promise<void> }): AsyncIterable<AnswerEvent>
}

/** The formats that are offered again at most. */
const RECENT_FORMATS = 20

/** Id of the model that answers beside the chosen one; null or unset: none. Both get the path of the conversation. */
interface Comparing {
  readonly compareWith?: string | null | undefined
}

/** A model and what it is asked. */
interface Asked {
  readonly chosen: Chosen
  readonly request: AnswerRequest
}

/** Asking the model: each answer runs by itself once its question is stored. */
export interface Ask extends Pick<Drafts, 'count' | 'prepare'> {
  /** Throws EmptyQuestion, NotFound (conversation, medium or model), FramesMissing, InvalidInput (format), Busy while an answer of the conversation runs; nothing is stored then. */
  send(input: Draft & Comparing): Sent
  /** `messageId` is a question or one of its answers. Throws NotFound, FramesMissing, Busy. */
  retry(input: { messageId: string } & Comparing): Sent
  /** Changes what `remedy` says, because the context was full, then as `retry`. Throws ContextFull too when that does not help. */
  remedy(input: { messageId: string; remedy: Remedy } & Comparing): Promise<Sent>
  /** Stops both of a pair. Returns when the engines have stopped; at once for an answer that has ended. Throws NotFound. */
  stop(input: { messageId: string }): Promise<void>
  /** Whether an answer can be held to a JSON schema, and why not. */
  checkFormat(input: { schema: string }): ReturnType<typeof checkSchema>
  /** The formats that questions were asked with, the latest first. */
  recentFormats(): ChosenFormat[]
  /** Stops what runs in a conversation that is about to be removed, storing nothing more. */
  discard(conversationId: string): Promise<void>
  /** Stores every running answer as interrupted and stops it. */
  close(): void
}

/** Questions go from here to the engine, and answers from there through the disk to the watchers. */
export function createAsk({ conversations, settings, models, attachments, frames, engine, second }: AskParts): Ask {
  const running = new Map<string, AnswerRun>()

  const media: StoredMedia = { attachments, frames }
  const request = (turns: readonly Turn[], chosen = models.chosen()) =>
    toRequest(turns, chosen, settings.current, media)
  const drafts = createDrafts({ conversations, models, media, engine, request })
  /** The turns as each of the models is asked that are to answer. */
  const toAnswers = (
    turns: readonly Turn[],
    compareWith: string | null | undefined,
  ): { main: Asked; beside: Asked | null } => {
    const asked = (chosen: Chosen): Asked => ({ chosen, request: request(turns, chosen) })
    return { main: asked(models.chosen()), beside: compareWith ? asked(models.chosen(compareWith)) : null }
  }
  const fits: Fits = async (asked) => (await engine.count(asked)).total + ANSWER_ROOM <= models.chosen().contextTokens
  /** Changes what `remedy` says; returns how many of the oldest messages are left out then. */
  const apply = async (remedy: Remedy, path: readonly Message[]): Promise<number> => {
    const leftOut = leftOutOf(path)
    const asked = (messages: readonly Message[]) => request(messages)
    if (remedy === 'turns') return leaveOutOldest(path, leftOut, asked, fits)
    if (remedy === 'detail')
      conversations.lowerDetail(path.at(-1)!.id, await lowerDetail(asked(path.slice(leftOut)), fits))
    if (remedy === 'context')
      models.setContext(models.chosen().model.id, contextFor((await engine.count(asked(path.slice(leftOut)))).total))
    return leftOut
  }
  const runsOf = (conversationId: string | null) =>
    [...running.values()].filter((run) => run.conversationId === conversationId)
  const refuseWhileRunning = (conversationId: string | null) => {
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
    events: (options: AnswerOptions) => AsyncIterable<AnswerEvent>,
  ): AnswerRun => {
    const started = runAnswer({ events, conversations, conversationId, answerId })
    running.set(answerId, started)
    void started.done.then(() => running.delete(answerId))
    return started
  }
  async function* answerFirst(asked: AnswerRequest, options: AnswerOptions): AsyncGenerator<AnswerEvent> {
    await second.makeWay(asked.model)
    yield* engine.answer(asked, options)
  }
  const start = (sent: Sent, main: Asked, beside: Asked | null): Sent => {
    const { conversationId, answerId, besideId } = sent
    const { underWay } = run(conversationId, answerId, (options) => answerFirst(main.request, options))
    if (beside && besideId)
      run(conversationId, besideId, (options) => second.answer(beside.request, { ...options, first: underWay }))
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
  const answerAgain = (questionId: string, leftOut: number, compareWith: string | null | undefined): Sent => {
    const path = conversations.path(questionId)
    refuseWhileRunning(conversations.message(questionId).conversationId)
    const { main, beside } = toAnswers(path.slice(leftOut), compareWith)
    return start(conversations.answerAgain(questionId, { ...namesOf(main, beside), leftOut }), main, beside)
  }

  return {
    send({ conversationId, parts: draft, format = null, compareWith }) {
      const parts = toQuestion(draft, media)
      refuseWhileRunning(conversationId)
      const { path, leftOut } = historyOf(conversations, conversationId)
      const { main, beside } = toAnswers([...path.slice(leftOut), { role: 'user', parts, format }], compareWith)
      drafts.leave(conversationId)
      return start(
        conversations.ask({ conversationId, parts, format, ...namesOf(main, beside), leftOut }),
        main,
        beside,
      )
    },

    retry({ messageId, compareWith }) {
      const questionId = questionOf(messageId)
      const { role, leftOut } = conversations.message(messageId)
      return answerAgain(
        questionId,
        role === 'assistant' ? leftOut : leftOutOf(conversations.path(questionId)),
        compareWith,
      )
    },

    async remedy({ messageId, remedy, compareWith }) {
      const questionId = questionOf(messageId)
      return answerAgain(questionId, await apply(remedy, conversations.path(questionId)), compareWith)
    },

    async stop({ messageId }) {
      conversations.message(messageId)
      const stopped = running.get(messageId)
      if (stopped) await Promise.all(runsOf(stopped.conversationId).map((each) => each.stop()))
    },

    count: drafts.count,
    prepare: drafts.prepare,
    checkFormat: ({ schema }) => checkSchema(schema),
    recentFormats: () => conversations.recentFormats(RECENT_FORMATS),

    async discard(conversationId) {
      drafts.leave(conversationId)
      await Promise.all(runsOf(conversationId).map((each) => each.discard()))
    },

    close() {
      drafts.close()
      for (const each of running.values()) each.interrupt()
    },
  }
}

const namesOf = (main: Asked, beside: Asked | null) => ({
  model: main.chosen.model.name,
  beside: beside?.chosen.model.name,
})
