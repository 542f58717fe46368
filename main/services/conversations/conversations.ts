import { AppError } from '#contract'
import type { Conversation, ConversationListEvent, ErrorInfo, Message } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { Emitter, eventStream } from '../../lib/events.ts'
import { createBranching } from './branching.ts'
import { ConversationFeed } from './feed.ts'
import { createFolders } from './folders.ts'
import { createGallery } from './gallery.ts'
import { createMessageStore, titleOf } from './messageStore.ts'
import { createPieces } from './pieces.ts'
import { createSearch } from './search.ts'
import { createSearchIndex, runUpkeep } from './searchIndex.ts'
import { createTransfer } from './transfer.ts'
import { newestOf } from './window.ts'
import type { Answering, Conversations, Ending, Sent } from './types.ts'

/** So many changes of the list are told one by one; more are told as a new list. */
const FEW_CHANGES = 50

/** How long after the start the upkeep begins, in ms: the window comes first. */
const UPKEEP_AFTER_MS = 1_500

const cutShort: Ending = {
  status: 'interrupted',
  error: {
    code: 'Interrupted',
    message: 'The app ended before the answer did. What was written is kept; ask again for a whole answer.',
  },
}

/**
 * The conversations in `db`. Answers that an earlier process left streaming become `interrupted`, with their text.
 * `now` gives the time in ms.
 */
export function createConversations(db: Database, now: () => number = Date.now): Conversations {
  const index = createSearchIndex(db)
  const store = createMessageStore(db, index)
  const search = createSearch(db, index)
  const transfer = createTransfer(db, index)
  const pieces = createPieces(db, index)
  const feed = new ConversationFeed()
  const listEvents = new Emitter<ConversationListEvent>()
  /** The answers that are being written; `text` and `reasoning`: the lengths of theirs in UTF-16 units. */
  const streaming = new Map<string, { readonly conversationId: string; text: number; reasoning: number }>()
  /** Answers whose failure could not be stored, and what it was: in the database they stream on until the next start. */
  const lost = new Map<string, ErrorInfo>()
  const withLost = (message: Message): Message => {
    const error = lost.get(message.id)
    return error ? { ...message, status: 'failed', error } : message
  }

  db.transaction(() => store.streaming().forEach((id) => store.finish(id, cutShort)))()

  const upkeep = () => runUpkeep(db, index, () => streaming.size > 0).catch(warn)
  setTimeout(() => void upkeep(), UPKEEP_AFTER_MS).unref()

  /** A conversation as the list tells it: also whether it is being answered. */
  const listed = (conversation: Conversation): Conversation =>
    [...streaming.values()].some(({ conversationId }) => conversationId === conversation.id)
      ? { ...conversation, answering: true }
      : conversation
  const list = (): ConversationListEvent => ({ type: 'snapshot', conversations: store.list().map(listed) })
  const upsert = (id: string) => listEvents.emit({ type: 'upsert', conversation: listed(store.conversation(id)) })
  const whole = (id: string): Message => withLost(store.message(id))
  /** The newest messages of a path and those beside them; `pairs`: the others of a longer path. */
  const windowOf = (path: readonly string[], pairs: ReadonlyMap<string, string>) => {
    const messages = newestOf(path, store.bytes, (id) => store.message(id).role === 'assistant').map(whole)
    const others = messages.flatMap(({ id }) => pairs.get(id) ?? []).map(whole)
    const progress = feed.progressOf([...messages, ...others].map((message) => message.id))
    const ownPairs = Object.fromEntries(path.flatMap((one) => (pairs.has(one) ? [[one, pairs.get(one)!]] : [])))
    return { path: [...path], pairs: ownPairs, messages, others, progress }
  }
  const snapshot = (id: string) => {
    const conversation = store.conversation(id)
    const { leafId } = conversation
    const shown = windowOf(store.pathIds(leafId), store.pathPairs(leafId))
    return { type: 'snapshot', conversation, branched: store.isBranched(id), ...shown } as const
  }
  /**
   * Tells watchers of a path that another leaf has ended: what stands below the last message that both paths have.
   * `before`: the ids of the path until then.
   */
  const publishBranch = (id: string, before: readonly string[]) => {
    if (!feed.hasReaders(id)) return
    const { leafId } = store.conversation(id)
    const known = new Set(before)
    const path = store.pathIds(leafId)
    const kept = path.findLastIndex((one) => known.has(one)) + 1
    const shown = windowOf(path.slice(kept), store.pathPairs(leafId))
    feed.publish(id, { type: 'branch', after: path[kept - 1] ?? null, branched: store.isBranched(id), ...shown })
  }
  const pathBefore = (id: string) => (feed.hasReaders(id) ? store.pathIds(store.conversation(id).leafId) : [])
  /** Events of a message go to watchers only while it is the leaf they see, or stands beside it. */
  const isShown = (conversationId: string, messageId: string) => {
    if (!feed.hasReaders(conversationId)) return false
    const { leafId } = store.conversation(conversationId)
    return leafId === messageId || (leafId !== null && leafId === store.other(messageId))
  }
  const streamingAnswer = (messageId: string) => {
    const answer = streaming.get(messageId)
    if (!answer)
      throw new AppError('NotFound', 'This answer is not streaming any more. Its conversation may have been removed.', {
        id: messageId,
      })
    return answer
  }
  const startAnswers = (
    conversationId: string,
    questionId: string,
    { model, beside, leftOut = 0 }: Answering,
    time: number,
  ): Sent => {
    const parts = [{ type: 'text', text: '' }] as const
    const answer = {
      conversationId,
      parentId: questionId,
      role: 'assistant',
      status: 'streaming',
      parts,
      leftOut,
      format: null,
    } as const
    const answerId = store.addMessage({ ...answer, model, beside: null }, time)
    const besideId =
      beside === undefined ? null : store.addMessage({ ...answer, model: beside, beside: answerId }, time)
    store.moveTo(conversationId, answerId)
    store.touch(conversationId, time)
    return { conversationId, userMessageId: questionId, answerId, besideId }
  }
  /** Changes conversations together and tells of those that `change` changed. */
  const changeAll = (ids: readonly string[], change: (id: string) => boolean) => {
    const changed = db.transaction(() => [...new Set(ids)].filter(change))()
    if (changed.length > FEW_CHANGES) listEvents.emit(list())
    else changed.forEach(upsert)
    for (const id of changed)
      if (feed.hasReaders(id)) feed.publish(id, { type: 'conversation', conversation: store.conversation(id) })
  }
  const folders = createFolders(db, changeAll)
  const rename = (id: string, title: string) => {
    db.transaction(() => store.rename(id, title))()
    upsert(id)
    const conversation = store.conversation(id)
    feed.publish(id, { type: 'conversation', conversation })
    return conversation
  }
  const refuseDiscarded = (id: string) => {
    if (store.conversation(id).deletedAt !== undefined)
      throw new AppError('InvalidInput', 'This conversation is in the trash. Restore it to go on with it.', { id })
  }
  const refuseWhileWritten = (id: string) => {
    refuseDiscarded(id)
    if ([...streaming.values()].some(({ conversationId }) => conversationId === id))
      throw new AppError(
        'Busy',
        'An answer in this conversation is still being written. Wait until it ends, or stop it.',
      )
  }
  const tellRemoved = (id: string) => {
    feed.close(id, { type: 'removed' })
    listEvents.emit({ type: 'removed', id })
  }
  const branching = createBranching({
    ...{ db, store, pieces, now, upsert, pathBefore, publishBranch, refuseWhileWritten, tellRemoved },
    discard: (id) => conversations.discard([id]),
    restore: (id) => conversations.restore([id]),
  })
  const answersOf = ({ answerId, besideId }: Sent) => (besideId === null ? [answerId] : [answerId, besideId])
  const begin = (sent: Sent) => {
    for (const id of answersOf(sent)) streaming.set(id, { conversationId: sent.conversationId, text: 0, reasoning: 0 })
    upsert(sent.conversationId)
  }
  const forget = (messageId: string) => {
    streaming.delete(messageId)
    feed.setProgress(messageId, null)
  }

  const conversations: Omit<Conversations, 'procedures'> = {
    watchList: (signal) =>
      eventStream(
        ({ push }) => {
          push(list())
          return listEvents.on(push)
        },
        { signal },
      ),

    watch(id, signal) {
      const first = snapshot(id)
      return eventStream((sink) => feed.join(id, sink, first), { signal })
    },

    search: (query, limit, filter) => search.find(query, limit, filter),
    findIn: (id, query, limit) => search.findIn(store.conversation(id).id, query, limit),
    get: (id) => store.conversation(id),
    message: (id) => withLost(store.message(id)),
    tokens: (messageId) => store.tokens(messageId),
    messages: (id, ids) =>
      ids
        .flatMap((one) => store.findMessage(one) ?? [])
        .filter(({ conversationId }) => conversationId === id)
        .map(withLost),
    media: (id) => store.pathMedia(store.conversation(id).leafId),
    pathIds: (messageId) => store.pathIds(store.message(messageId).id),
    history(messageId) {
      const path = store.pathIds(store.message(messageId).id)
      const leftOut = store.leftOut(path)
      const messages = leftOut === 0 ? store.path(messageId) : path.slice(leftOut).map(store.message)
      return { messages: messages.map(withLost), leftOut }
    },
    path: (messageId) => store.path(store.message(messageId).id).map(withLost),
    heldBy: (id) => store.heldBy(id),
    referencedShas: () => store.shas(),
    recentFormats: (limit) => store.formats(limit),

    ids: () => transfer.ids(),
    has: (conversationId, messageIds) => transfer.has(conversationId, messageIds),

    whole(id) {
      const { conversation, messages } = transfer.read(id)
      const folder = conversation.folderId === undefined ? null : folders.get(conversation.folderId)
      const ended = messages.map((message) => {
        const error = lost.get(message.id)
        if (error) return { ...message, status: 'failed' as const, error }
        return message.status === 'streaming' ? { ...message, ...cutShort, error: cutShort.error ?? null } : message
      })
      return { conversation, messages: ended, ...(folder && { folder }) }
    },

    add(whole) {
      const added = transfer.add(whole, folders.ensure)
      const { id } = whole.conversation
      if (whole.folder) folders.tell()
      if (added.isNew || added.added > 0) upsert(id)
      // who looks at it asks again, and sees the new branches
      if (!added.isNew && added.added > 0) feed.disconnect(id)
      return added
    },

    rename,

    opening(id) {
      if (!store.isUntitled(id)) return null
      // read one by one: both stand at the beginning
      let [question, answer]: (Message | undefined)[] = []
      for (const messageId of store.pathIds(store.conversation(id).leafId)) {
        const message = store.message(messageId)
        if (isAsked(message)) question ??= message
        if (isAnswered(message)) answer ??= message
        if (question && answer) break
      }
      return question && answer ? { question: saidIn(question), answer: saidIn(answer) } : null
    },
    suggestTitle: (id, title) => void (store.isUntitled(id) && rename(id, title)),

    pin: (ids, pinned) => changeAll(ids, (id) => store.pin(id, pinned)),
    archive: (ids, archived) => changeAll(ids, (id) => store.archive(id, archived)),
    tag: (ids, add, remove) => changeAll(ids, (id) => store.tag(id, add, remove)),
    folders,
    gallery: createGallery(db, index),
    discard(ids) {
      const time = now()
      changeAll(ids, (id) => store.discard(id, time))
    },
    restore(ids) {
      const isPiece = (id: string) => store.find(id)?.partOf !== undefined
      changeAll(
        ids.filter((id) => !isPiece(id)),
        (id) => store.restore(id),
      )
      ids.filter(isPiece).forEach(branching.putBack)
    },
    discardedBefore: (time) => store.discardedBefore(time),

    remove(id) {
      store.conversation(id)
      const gone = [...pieces.of(id), id]
      store.remove(id)
      for (const [messageId, answer] of [...streaming]) if (answer.conversationId === id) forget(messageId)
      gone.forEach(tellRemoved)
    },
    pieces: (id) => pieces.of(id),
    selectBranch: branching.select,
    editAnswer: branching.editAnswer,
    removeMessage: branching.removeMessage,
    map: branching.map,

    ask({ conversationId, parts, format = null, job, edits = null, ...answering }) {
      const time = now()
      if (conversationId !== null) refuseDiscarded(conversationId)
      const before = conversationId !== null && edits !== null ? pathBefore(conversationId) : null
      const sent = db.transaction((): Sent => {
        const id = conversationId ?? store.addConversation(titleOf(parts), time)
        const parentId = edits === null ? store.conversation(id).leafId : store.message(edits).parentId
        const question = {
          conversationId: id,
          parentId,
          role: 'user',
          status: 'complete',
          model: null,
          parts,
          format,
          ...(job && { job }),
          leftOut: 0,
          beside: null,
        } as const
        return startAnswers(id, store.addMessage(question, time), answering, time)
      })()
      begin(sent)
      if (before) publishBranch(sent.conversationId, before)
      else
        for (const id of [sent.userMessageId, ...answersOf(sent)])
          feed.publish(sent.conversationId, { type: 'message', message: store.message(id) })
      return sent
    },

    answerAgain(questionId, answering) {
      const time = now()
      const { conversationId } = store.message(questionId)
      refuseDiscarded(conversationId)
      const before = pathBefore(conversationId)
      const sent = db.transaction(() => startAnswers(conversationId, questionId, answering, time))()
      begin(sent)
      publishBranch(conversationId, before)
      return sent
    },

    resume(messageId) {
      const message = store.message(messageId)
      const { conversationId } = message
      refuseDiscarded(conversationId)
      if (streaming.has(messageId))
        throw new AppError('Busy', 'This answer is being written already. Wait until it ends, or stop it first.')
      if (message.role !== 'assistant' || store.conversation(conversationId).leafId !== messageId)
        throw new AppError(
          'InvalidInput',
          'Only the last answer of a conversation can be gone on with. Ask again instead.',
        )
      store.resume(messageId)
      lost.delete(messageId)
      const length = (type: 'text' | 'reasoning') =>
        message.parts.reduce((sum, part) => (part.type === type ? sum + part.text.length : sum), 0)
      streaming.set(messageId, { conversationId, text: length('text'), reasoning: length('reasoning') })
      upsert(conversationId)
      if (isShown(conversationId, messageId))
        feed.publish(conversationId, { type: 'message', message: store.message(messageId) })
    },

    rewrite(messageId, text) {
      const answer = streamingAnswer(messageId)
      const kept = text.toWellFormed()
      store.rewrite(messageId, kept)
      answer.text = kept.length
      if (isShown(answer.conversationId, messageId))
        feed.publish(answer.conversationId, { type: 'message', message: store.message(messageId) })
    },

    append(messageId, text, to = 'text') {
      const answer = streamingAnswer(messageId)
      const offset = answer[to]
      // SQLite keeps UTF-8: half a surrogate pair would come back as another character than was shown.
      const kept = text.toWellFormed()
      if (to === 'text') store.append(messageId, kept)
      else store.appendThought(messageId, kept)
      answer[to] += kept.length
      feed.setProgress(messageId, null)
      if (isShown(answer.conversationId, messageId))
        feed.publish(answer.conversationId, { type: to, messageId, offset, text: kept })
    },

    reasoned(messageId, thought) {
      const { conversationId } = streamingAnswer(messageId)
      store.endThought(messageId, thought)
      if (isShown(conversationId, messageId))
        feed.publish(conversationId, { type: 'message', message: store.message(messageId) })
    },

    progress(messageId, progress) {
      const { conversationId } = streamingAnswer(messageId)
      feed.setProgress(messageId, progress)
      if (isShown(conversationId, messageId)) feed.publish(conversationId, { type: 'progress', messageId, progress })
    },

    seen(messageId, seen) {
      const { conversationId } = streamingAnswer(messageId)
      store.seen(messageId, seen)
      if (isShown(conversationId, messageId))
        feed.publish(conversationId, { type: 'message', message: store.message(messageId) })
    },

    lowerDetail(messageId, maxPixels) {
      const { conversationId } = store.message(messageId)
      const lowered = db.transaction(() => store.pathIds(messageId).filter((id) => store.lowerDetail(id, maxPixels)))()
      const shown = new Set(pathBefore(conversationId))
      for (const id of lowered)
        if (shown.has(id)) feed.publish(conversationId, { type: 'message', message: store.message(id) })
    },

    finish(messageId, ending) {
      const { conversationId } = streamingAnswer(messageId)
      db.transaction(() => {
        store.touch(conversationId, now())
        store.finish(messageId, ending)
      })()
      forget(messageId)
      try {
        const message = store.message(messageId)
        if (isShown(conversationId, messageId)) feed.publish(conversationId, { type: 'message', message })
        upsert(conversationId)
        return message
      } catch (error) {
        // it is stored and cannot be told: the watchers ask for it themselves
        feed.disconnect(conversationId)
        throw error
      }
    },

    reportLost(messageId, error) {
      const answer = streaming.get(messageId)
      if (!answer) return
      const { conversationId } = answer
      forget(messageId)
      lost.set(messageId, error)
      try {
        upsert(conversationId)
        const message = withLost(store.message(messageId))
        if (isShown(conversationId, messageId)) feed.publish(conversationId, { type: 'message', message })
      } catch {
        // nothing can be read either: the watchers ask again, and hear of it as soon as something can
        feed.disconnect(conversationId)
      }
    },
  }
  return {
    ...conversations,
    procedures: {
      watchList: (_, { signal }) => conversations.watchList(signal),
      watch: ({ id }, { signal }) => conversations.watch(id, signal),
      messages: ({ id, ids }) => conversations.messages(id, ids),
      media: ({ id }) => conversations.media(id),
      search: ({ query, limit, filter }) => search.find(query, limit, filter),
      findIn: ({ id, query, limit }) => conversations.findIn(id, query, limit),
      answeredBy: () => store.models(),
      rename: ({ id, title }) => conversations.rename(id, title),
      pin: ({ ids, pinned }) => conversations.pin(ids, pinned),
      archive: ({ ids, archived }) => conversations.archive(ids, archived),
      tag: ({ ids, add, remove }) => conversations.tag(ids, add, remove),
      restore: ({ ids }) => conversations.restore(ids),
      selectBranch: ({ messageId }) => conversations.selectBranch(messageId),
      editAnswer: ({ messageId, text }) => ({ messageId: conversations.editAnswer(messageId, text) }),
      removeMessage: ({ messageId }) => conversations.removeMessage(messageId),
      map: ({ id }) => conversations.map(id),
    },
  }
}

/** The words of a message, without a thought. */
const saidIn = ({ parts }: Message): string =>
  parts.flatMap((part) => (part.type === 'text' && part.text.trim() ? [part.text.trim()] : [])).join('\n')
const isAsked = (message: Message): boolean => message.role === 'user'
const isAnswered = (message: Message): boolean =>
  message.role === 'assistant' && message.status === 'complete' && saidIn(message) !== ''

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), 'Defect')
}
