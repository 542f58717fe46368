import type {
  AskedJob,
  ChosenFormat,
  Contract,
  Conversation,
  ConversationEvent,
  ConversationListEvent,
  ErrorInfo,
  Folder,
  MapEntry,
  Message,
  MessageStatus,
  Part,
  PathMedium,
  Progress,
  Seen,
  Timings,
  Usage,
} from '#contract'
import type { EventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Folders } from './folders.ts'
import type { Gallery } from './gallery.ts'
import type { Search } from './search.ts'

/** Ids of a stored question and of the answers that are being written. */
export interface Sent {
  readonly conversationId: string
  readonly userMessageId: string
  readonly answerId: string
  /** The second answer of a pair. */
  readonly besideId: string | null
}

/** Who answers, by name, and what of the conversation. */
export interface Answering {
  readonly model: string
  /** Who answers beside it, as the second of a pair. */
  readonly beside?: string | undefined
  /** How many of the oldest messages the prompts leave out. */
  readonly leftOut?: number
}

/** How an answer ended. */
export interface Ending {
  readonly status: Exclude<MessageStatus, 'streaming'>
  readonly error?: ErrorInfo
  readonly usage?: Usage
  readonly timings?: Timings
  /** The tokens of an answer that may be gone on with. */
  readonly tokens?: readonly number[]
}

/**
 * A message as it is stored: what is told of its siblings and of the media before it follows from the others. `missing`: how many of its media were not in
 * the export that it comes from; unset: none.
 */
export type StoredMessage = Omit<Message, 'siblings' | 'mediaBefore'> & { readonly missing?: number }

/** A conversation with all of its branches. Each message stands after its parent; siblings in their order. */
export interface WholeConversation {
  /** Without a title, it gets the first words of its first question. */
  readonly conversation: Conversation
  readonly messages: readonly StoredMessage[]
  /** The folder that it is in, where it is in one. */
  readonly folder?: Folder | undefined
}

/** What came of a conversation from elsewhere: whether its id was not here or in the trash only, and how many messages were new or were filled in. */
export interface Added {
  readonly isNew: boolean
  readonly added: number
}

/**
 * Conversations as trees of messages. Every change is on the disk before a watcher hears of it. Methods throw NotFound
 * for ids that are not (or no longer) there.
 */
export interface Conversations {
  /** The list, newest first, then its changes. */
  watchList(signal?: AbortSignal): EventStream<ConversationListEvent>
  /** A snapshot of the path to the current leaf with its newest messages, then every event in a gapless sequence; ends after `removed`. */
  watch(id: string, signal?: AbortSignal): EventStream<ConversationEvent>
  /** As `Search.find`. */
  search: Search['find']
  /** As `Search.findIn`; throws NotFound. */
  findIn: Search['findIn']
  get(id: string): Conversation
  message(id: string): Message
  /** Messages of a conversation by their ids; those that are gone or of another are passed over. */
  messages(id: string, ids: readonly string[]): Message[]
  /** The pictures and videos of the path that a conversation shows, in their order. */
  media(id: string): PathMedium[]
  /** The ids of the messages from the root to `messageId`, both included. */
  pathIds(messageId: string): string[]
  /** The messages up to `messageId` but for those that its last answer left out, and how many these are. */
  history(messageId: string): { messages: Message[]; leftOut: number }
  /** The messages from the root to `messageId`, both included. */
  path(messageId: string): Message[]
  rename(id: string, title: string): Conversation
  /** The words that a conversation began with, to be given a title; null: it has one, has no whole answer, or is gone. */
  opening(id: string): { readonly question: string; readonly answer: string } | null
  /** Gives a conversation a title unless it was given one before: what a person wrote stays. */
  suggestTitle(id: string, title: string): void
  /** Puts conversations on top of the list, or back. Here and below those that are gone are passed over. */
  pin(ids: readonly string[], pinned: boolean): void
  /** Puts conversations away, or back into the list. */
  archive(ids: readonly string[], archived: boolean): void
  /** Gives conversations tags and takes some from them; InvalidInput for more than `MAX_TAGS`. */
  tag(ids: readonly string[], add: readonly string[], remove: readonly string[]): void
  readonly folders: Folders
  readonly gallery: Gallery
  /** Moves conversations to the trash, where they take no question: InvalidInput. */
  discard(ids: readonly string[]): void
  /**
   * Takes conversations out of the trash, to where they were. Messages that were deleted go back into theirs, which shows them
   * and leaves the trash too.
   */
  restore(ids: readonly string[]): void
  /** Conversations that are in the trash since before `time` (ms since 1970), the longest first. */
  discardedBefore(time: number): string[]
  /** Removes the conversation with all branches. */
  remove(id: string): void
  /** Makes the branch that holds `messageId` the current one, down to its newest message; of a pair of answers, that one. */
  selectBranch(messageId: string): void
  /**
   * Stores a question below the current leaf (null: in a new conversation) and an empty answer that is streaming, or a pair
   * of them; the conversation goes on from the first. `format`: what its answers are held to; `job`: what a fine-tune is asked to do.
   */
  ask(
    question: {
      conversationId: string | null
      parts: Part[]
      format?: ChosenFormat | null | undefined
      job?: AskedJob | undefined
      /** The question that this one stands beside, as a version of it; unset: it comes after what is shown. */
      edits?: string | null | undefined
    } & Answering,
  ): Sent
  /** Stores an answer in the user's words beside one, and shows it; returns its id. Throws InvalidInput for a question, Busy while the conversation is answered. */
  editAnswer(messageId: string, text: string): string
  /**
   * Moves a message with all that hangs on it to the trash; of a pair both. Returns what they are restored by, and how many they
   * are. Throws Busy while the conversation is answered.
   */
  removeMessage(messageId: string): { trashId: string; questions: number; answers: number }
  /** Ids of what is in the trash of a conversation's messages; it goes with it. */
  pieces(id: string): string[]
  /** All messages of a conversation in the order in which they were asked and answered. */
  map(id: string): MapEntry[]
  /** Adds another streaming answer, or pair, to a question and makes it the current branch. */
  answerAgain(questionId: string, answering: Answering): Sent
  /**
   * An answer that has ended is being written again, from what is there of it on. Throws NotFound; Busy while it is written;
   * InvalidInput for what is not the last answer of its conversation.
   */
  resume(messageId: string): void
  /** The tokens of an answer that was cut, as it ended; null: they are not known. They need not be those of all that it says. */
  tokens(messageId: string): number[] | null
  /** Puts `text` in the place of all that a streaming answer says. Throws NotFound when the message is not streaming. */
  rewrite(messageId: string, text: string): void
  /**
   * Appends to a streaming answer's text, or to the thought before it. Throws NotFound when the message is not streaming,
   * because it ended or was removed.
   */
  append(messageId: string, text: string, to?: 'text' | 'reasoning'): void
  /** The thought of a streaming answer has ended: how long it took, in ms, and how many tokens it is. */
  reasoned(messageId: string, thought: { readonly ms: number; readonly tokens: number }): void
  /** Tells watchers what the engine is doing for a streaming answer, until text comes; not stored. */
  progress(messageId: string, progress: Progress): void
  /** Stores what the model sees of the pictures before a streaming answer. */
  seen(messageId: string, seen: Seen): void
  /** Gives no picture up to `messageId` more than `maxPixels` from now on. */
  lowerDetail(messageId: string, maxPixels: number): void
  /** Ends a streaming answer. Throws NotFound when the message is not streaming. */
  finish(messageId: string, ending: Ending): Message
  /**
   * Tells watchers that a streaming answer failed and could not be saved as such, now and whenever they watch again; the next
   * start finds it interrupted. Never throws: nothing happens when the answer is gone, and where the database cannot even be
   * read the watchers' streams end, so that they ask again.
   */
  reportLost(messageId: string, error: ErrorInfo): void
  /** The ids of all conversations that are not in the trash, newest first. */
  ids(): string[]
  /** A conversation with all of its branches; an answer that is being written is as if it had been cut short now. */
  whole(id: string): WholeConversation
  /** Those of the messages of a conversation from elsewhere that are there already, with all their media. */
  has(conversationId: string, messageIds: readonly string[]): Set<string>
  /**
   * Stores a conversation from elsewhere, or what is new of it, as a whole or not at all; its ids stay what they are. A message that
   * lacks media gets those that have come. Where it is there already, its title and the branch that is shown stay. Throws InvalidInput for messages that do not follow one another.
   */
  add(whole: WholeConversation): Added
  /** The attachments that messages of a conversation hold, with the time of the last of them, in ms. */
  heldBy(id: string): { sha: string; askedAt: number }[]
  /** Shas of all attachments that any message holds. */
  referencedShas(): string[]
  /** The formats that questions have, each once, the latest first. */
  recentFormats(limit: number): ChosenFormat[]
  /** Answers the window's calls about conversations, but for those that answers have to end for. */
  readonly procedures: Omit<HandlersOf<Contract>['conversations'], 'discard' | 'emptyTrash' | 'remove'>
}
