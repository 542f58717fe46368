import { AppError } from '#contract'
import type { DraftPart, Message, Remedy } from '#contract'
import type { AttachmentGateway } from '../../services/attachments/index.ts'
import type { Conversations, Sent } from '../../services/conversations/index.ts'
import type { AnswerRequest, Engine } from '../../services/engine/index.ts'
import type { Models } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { runAnswer } from './answerRun.ts'
import type { AnswerRun } from './answerRun.ts'
import { toPart, toQuestion } from './draft.ts'
import { ANSWER_ROOM, contextFor, leaveOutOldest, lowerDetail } from './remedies.ts'
import type { Fits } from './remedies.ts'
import { toRequest } from './request.ts'
import type { Turn } from './request.ts'

export interface AskParts {
  readonly conversations: Conversations
  readonly settings: Pick<SettingsService, 'current'>
  readonly models: Pick<Models, 'chosen' | 'used' | 'setContext'>
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly engine: Engine
}

interface Draft {
  readonly conversationId: string | null
  readonly parts: DraftPart[]
}

/** Asking the model: each answer runs by itself once its question is stored. */
export interface Ask {
  /** Throws EmptyQuestion, NotFound (conversation or picture), Busy while the conversation's answer runs; nothing is stored then. */
  send(input: { conversationId: string | null; parts: DraftPart[] }): Sent
  /** `messageId` is a question or one of its answers. Throws NotFound, Busy. */
  retry(input: { messageId: string }): Sent
  /** Changes what `remedy` says, because the context was full, then as `retry`. Throws ContextFull too when that does not help. */
  remedy(input: { messageId: string; remedy: Remedy }): Promise<Sent>
  /** Returns when the engine has stopped; at once for an answer that has ended. Throws NotFound. */
  stop(input: { messageId: string }): Promise<void>
  /** Exact tokens of a draft's parts, of the conversation before it, and of the context. */
  count(draft: Draft): Promise<{ parts: number[]; conversation: number; context: number }>
  /** Works ahead for a draft until it is done; throws Interrupted when a newer draft or an answer took its place. */
  prepare(draft: Draft, signal?: AbortSignal): Promise<void>
  /** Stops what runs in a conversation that is about to be removed, storing nothing more. */
  discard(conversationId: string): Promise<void>
  /** Stores every running answer as interrupted and stops it. */
  close(): void
}

/** Questions go from here to the engine, and answers from there through the disk to the watchers. */
export function createAsk({ conversations, settings, models, attachments, engine }: AskParts): Ask {
  const running = new Map<string, AnswerRun>()
  const preparing = new Map<string | null, AbortController>()

  const request = (turns: readonly Turn[]) => toRequest(turns, models.chosen(), settings.current, attachments)
  /** The conversation so far, and how many of its oldest messages its last answer left out. */
  const before = (conversationId: string | null): { path: Message[]; leftOut: number } => {
    const leafId = conversationId === null ? null : conversations.get(conversationId).leafId
    const path = leafId === null ? [] : conversations.path(leafId)
    return { path, leftOut: leftOutOf(path) }
  }
  const fits: Fits = async (asked) => (await engine.count(asked)).total + ANSWER_ROOM <= models.chosen().contextTokens
  /** Changes what `remedy` says; returns how many of the oldest messages are left out then. */
  const apply = async (remedy: Remedy, path: readonly Message[]): Promise<number> => {
    const leftOut = leftOutOf(path)
    const asked = (messages: readonly Message[]) => request(messages)
    if (remedy === 'turns') return leaveOutOldest(path, leftOut, asked, fits)
    if (remedy === 'detail') conversations.lowerDetail(path.at(-1)!.id, await lowerDetail(asked(path.slice(leftOut)), fits))
    if (remedy === 'context') models.setContext(models.chosen().model.id, contextFor((await engine.count(asked(path.slice(leftOut)))).total))
    return leftOut
  }
  const refuseWhileRunning = (conversationId: string | null) => {
    if ([...running.values()].some((run) => run.conversationId === conversationId && !run.ended)) {
      throw new AppError('Busy', 'The answer in this conversation is still being written. Wait until it ends, or stop it first.')
    }
  }
  /** A draft as the engine takes it after the conversation so far; `parts` has null where a part is empty. */
  const toAsked = ({ conversationId, parts: draft }: Draft) => {
    const parts = draft.map((part) => toPart(part, attachments))
    const kept = parts.filter((part) => part !== null)
    const { path, leftOut } = before(conversationId)
    return { parts, asked: request([...path.slice(leftOut), ...(kept.length > 0 ? [{ role: 'user', parts: kept } as const] : [])]) }
  }
  const start = (sent: Sent, asked: AnswerRequest, modelId: string): Sent => {
    const { conversationId, answerId } = sent
    const run = runAnswer({ engine, conversations, request: asked, conversationId, answerId })
    running.set(answerId, run)
    void run.done.then(() => running.delete(answerId))
    try {
      models.used(modelId, conversationId)
    } catch {
      // The library's lists lack one use; storing the answer tells what is wrong with the disk.
    }
    return sent
  }

  const questionOf = (messageId: string): string => {
    const message = conversations.message(messageId)
    refuseWhileRunning(message.conversationId)
    const questionId = message.role === 'user' ? message.id : message.parentId
    if (questionId === null) throw new AppError('NotFound', 'The question of this answer is no longer there.', { id: messageId })
    return questionId
  }
  const answerAgain = (questionId: string, leftOut: number): Sent => {
    const path = conversations.path(questionId)
    refuseWhileRunning(conversations.message(questionId).conversationId)
    const { model } = models.chosen()
    const asked = request(path.slice(leftOut))
    return start(conversations.answerAgain(questionId, model.name, leftOut), asked, model.id)
  }

  return {
    send({ conversationId, parts: draft }) {
      const parts = toQuestion(draft, attachments)
      refuseWhileRunning(conversationId)
      const { path, leftOut } = before(conversationId)
      const asked = request([...path.slice(leftOut), { role: 'user', parts }])
      preparing.get(conversationId)?.abort()
      const { model } = models.chosen()
      return start(conversations.ask({ conversationId, parts, model: model.name, leftOut }), asked, model.id)
    },

    retry({ messageId }) {
      const questionId = questionOf(messageId)
      const { role, leftOut } = conversations.message(messageId)
      return answerAgain(questionId, role === 'assistant' ? leftOut : leftOutOf(conversations.path(questionId)))
    },

    async remedy({ messageId, remedy }) {
      const questionId = questionOf(messageId)
      return answerAgain(questionId, await apply(remedy, conversations.path(questionId)))
    },

    async stop({ messageId }) {
      conversations.message(messageId)
      await running.get(messageId)?.stop()
    },

    async count(draft) {
      const { asked, parts } = toAsked(draft)
      const context = models.chosen().contextTokens
      if (asked.messages.length === 0) return { parts: parts.map(() => 0), conversation: 0, context }
      const { lastMessage, total } = await engine.count(asked)
      const counts = parts.some((part) => part !== null) ? [...lastMessage] : []
      const question = counts.reduce((sum, count) => sum + count, 0)
      return { parts: parts.map((part) => (part === null ? 0 : (counts.shift() ?? 0))), conversation: total - question, context }
    },

    async prepare(draft, signal) {
      const { conversationId } = draft
      preparing.get(conversationId)?.abort()
      const { asked } = toAsked(draft)
      if (asked.messages.length === 0) return
      const abort = new AbortController()
      preparing.set(conversationId, abort)
      try {
        const either = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal
        await engine.prepare(asked, { signal: either, ...(conversationId === null ? {} : { conversationId }) })
      } finally {
        if (preparing.get(conversationId) === abort) preparing.delete(conversationId)
      }
    },

    async discard(conversationId) {
      preparing.get(conversationId)?.abort()
      await Promise.all([...running.values()].filter((run) => run.conversationId === conversationId).map((run) => run.discard()))
    },

    close() {
      for (const abort of preparing.values()) abort.abort()
      for (const run of running.values()) run.interrupt()
    },
  }
}

/** How many of the oldest messages the latest answer of a path left out. */
function leftOutOf(path: readonly Message[]): number {
  return path.findLast(({ role }) => role === 'assistant')?.leftOut ?? 0
}
