import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { ErrorInfo } from './errors.ts'
import {
  FrameKey,
  FrameSample,
  ImageAttachment,
  MAX_FRAMES,
  MAX_MARKS,
  PictureBudget,
  PictureMark,
  ScreenPlace,
  Seen,
  Sha256,
  VideoAttachment,
} from './media.ts'

/**
 * What an answer is held to: a JSON schema, as its text, and what the user calls it. Which schemas can be held to is told
 * by `ask.checkFormat`.
 */
export const ChosenFormat = z.object({ name: z.string().trim().min(1).max(80), schema: z.string().min(1).max(200_000) })
export type ChosenFormat = z.infer<typeof ChosenFormat>

/** What a fine-tune was asked to do: a job of its profile, and what the profile calls it. `pages`: as `ProfileJob.pages`. */
export const AskedJob = z.object({
  id: z.string().max(64),
  label: z.string().max(60),
  pages: z.literal('each').optional(),
})
export type AskedJob = z.infer<typeof AskedJob>

export const Id = z.string().min(1).max(64)

/** The longest text of a message, in UTF-16 units. */
export const MAX_TEXT = 2_000_000

/** The most parts of a question: its pictures and videos, and its text. */
export const MAX_PARTS = 64

/**
 * Whether a model may think before it answers, where its template has a switch for that; templates without one do what
 * they always do.
 */
export const Thinking = z.enum(['on', 'off'])
export type Thinking = z.infer<typeof Thinking>

/** What a model's template does about thoughts: nothing, as the switch says, or it always has the model think first. */
export const ThinkingForm = z.enum(['none', 'switch', 'always'])
export type ThinkingForm = z.infer<typeof ThinkingForm>

/**
 * Message content is an ordered list of parts. `reasoning`: what the model thought before an answer, the answer's first
 * part where there is one; `ms`: how long that took, `tokens`: how many of the answer's it is, both unset while it thinks,
 * and where the app ended before the thought did. `video`: a file and the set of its frames that the model gets. `frames`:
 * pictures that are one video, `fps` of them a second. `budget`: the detail of this picture, or of each of these frames,
 * when it is not the usual one; of a file's frames, when it was lowered below the size in which they are kept. `marks`:
 * what the user drew on the picture; `screen`: where it was captured, if it was.
 */
export const Part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().max(MAX_TEXT) }),
  z.object({
    type: z.literal('reasoning'),
    text: z.string().max(MAX_TEXT),
    ms: z.number().optional(),
    tokens: z.int().optional(),
  }),
  z.object({
    type: z.literal('image'),
    attachment: ImageAttachment,
    budget: PictureBudget.optional(),
    marks: z.array(PictureMark).max(MAX_MARKS).optional(),
    screen: ScreenPlace.optional(),
  }),
  z.object({
    type: z.literal('video'),
    attachment: VideoAttachment,
    key: FrameKey,
    sample: FrameSample,
    budget: PictureBudget.optional(),
  }),
  z.object({
    type: z.literal('frames'),
    name: z.string().max(255),
    pictures: z.array(ImageAttachment).min(2).max(MAX_FRAMES),
    fps: z.number().positive(),
    budget: PictureBudget.optional(),
  }),
])
export type Part = z.infer<typeof Part>

/** A part that shows something: a picture or a video. */
export type MediaPart = Exclude<Part, { type: 'text' | 'reasoning' }>

/** What a model thought before an answer. */
export type ReasoningPart = Extract<Part, { type: 'reasoning' }>

/** What is said in a message: all but a thought. */
export type SaidPart = Exclude<Part, ReasoningPart>

/**
 * Token counts of one answer. `imageTokens` are part of `promptTokens`; `cachedTokens` were still in the KV cache;
 * `reasoningTokens`, unset where there was no thought, are part of `completionTokens`.
 * `cutOff`: what ended an answer that did not end by itself: its longest length, or the end of the context.
 */
export const Usage = z.object({
  promptTokens: z.int(),
  imageTokens: z.int(),
  completionTokens: z.int(),
  reasoningTokens: z.int().optional(),
  cachedTokens: z.int(),
  contextTokens: z.int(),
  cutOff: z.enum(['length', 'context']).optional(),
})
export type Usage = z.infer<typeof Usage>

/** Durations in milliseconds; `tokensPerSecond` is generation speed. */
export const Timings = z.object({
  loadMs: z.number(),
  encodeMs: z.number(),
  prefillMs: z.number(),
  ttftMs: z.number(),
  tokensPerSecond: z.number(),
})
export type Timings = z.infer<typeof Timings>

/**
 * `streaming`: being written. `complete`: ended by itself or at the token limit. `stopped`: by the user.
 * `failed`: ended by `error`; the text so far is kept. `interrupted`: the app ended before the answer did.
 */
export const MessageStatus = z.enum(['streaming', 'complete', 'stopped', 'failed', 'interrupted'])
export type MessageStatus = z.infer<typeof MessageStatus>

/** So many pictures and videos; each kind is counted for itself, as models are told their numbers. */
export const MediaCount = z.object({ pictures: z.int().min(0), videos: z.int().min(0) })
export type MediaCount = z.infer<typeof MediaCount>

export const Message = z.object({
  id: Id,
  conversationId: Id,
  parentId: Id.nullable(),
  role: z.enum(['user', 'assistant']),
  parts: z.array(Part),
  /** Of a question: what its answers are held to; null: nothing. */
  format: ChosenFormat.nullable(),
  /** Of a question: the job that it asks for. Unset: none. */
  job: AskedJob.optional(),
  /** Of an answer: the user wrote it anew. Unset: it is as the model wrote it. */
  edited: z.literal(true).optional(),
  status: MessageStatus,
  error: ErrorInfo.nullable(),
  model: z.string().nullable(),
  usage: Usage.nullable(),
  timings: Timings.nullable(),
  /** Of an answer: what the model got of the pictures before it; null until it is known. */
  seen: Seen.nullable(),
  /** Of an answer: how many of the oldest messages its prompt left out, because they did not fit. */
  leftOut: z.int(),
  /** Of the second answer of a pair: the first one, beside which it was given to be compared. */
  beside: Id.nullable(),
  createdAt: z.int(),
  /**
   * The pictures and videos of the questions before it on its branch: its own are Picture and Video number so many and one, and
   * so on, as the model is told. Unset: none.
   */
  mediaBefore: MediaCount.optional(),
  /**
   * Ids of the messages with the same parent, oldest first, this one included: the branches. A pair of answers is one
   * branch: this one, else the one of them that the conversation went on from.
   */
  siblings: z.array(Id),
})
export type Message = z.infer<typeof Message>

/** So many days a conversation stays in the trash before it is deleted for good. */
export const TRASH_DAYS = 30

/** A word that a conversation is found by. */
export const Tag = z.string().trim().min(1).max(40)
export type Tag = z.infer<typeof Tag>

/** The most tags of a conversation. */
export const MAX_TAGS = 20

/**
 * `pinned`: stands on top of the list. `archived`: is kept out of it. `deletedAt`: is in the trash since then, in ms since 1970,
 * and takes no question. `partOf`: it holds messages that were deleted out of this conversation, and is in the trash until
 * they are restored. `cover`: its first picture or video. `answering`: an answer of it is being written. `folderId`: the
 * folder of the list that it is in. `tags`: in the order in which they were given, each once.
 */
export const Conversation = z.object({
  id: Id,
  title: z.string(),
  createdAt: z.int(),
  updatedAt: z.int(),
  leafId: Id.nullable(),
  pinned: z.literal(true).optional(),
  archived: z.literal(true).optional(),
  deletedAt: z.int().optional(),
  partOf: Id.optional(),
  cover: Sha256.optional(),
  answering: z.literal(true).optional(),
  folderId: Id.optional(),
  tags: z.array(Tag).max(MAX_TAGS).optional(),
})
export type Conversation = z.infer<typeof Conversation>

/**
 * What the engine is doing before the first token. `done` of `total` in the phase's own unit: bytes in %, pictures (`watching`, where
 * a video is among them: pairs of its frames too), tokens; `reading`: pages that are read one after another, before the
 * first token of each.
 */
export const Progress = z.object({
  phase: z.enum(['waiting', 'loading', 'encoding', 'watching', 'prefill', 'reading']),
  done: z.number(),
  total: z.number(),
  /** Of the picture or pair of frames that is being encoded, 0..1; unset: not known. */
  share: z.number().min(0).max(1).optional(),
})
export type Progress = z.infer<typeof Progress>

/** What is told of all messages of a path, loaded or not. */
const onPath = { path: z.array(Id), pairs: z.record(Id, Id), branched: z.boolean() }

/**
 * Events of one watched conversation. `seq` rises by one per event of that conversation; a gap means: watch again and
 * take the new snapshot. `path`: the ids of the messages from the root to the current leaf; `pairs`: the other answer of each
 * pair on it, by the id of the one on it; `branched`: any message of the conversation has several versions. `messages`: the newest of the
 * path, one after another, and `others` what stands beside them; the rest is asked for by `messages`. `text` appends `text` at `offset` (UTF-16 units) of the message's text, `reasoning` the same to its thought, which
 * begins with the first of them and has ended when a `message` follows that tells its `ms`. `branch`: below `after` (null: from the
 * root) the path goes on with `path` from now on, `messages` are the newest of that, `pairs`, `others` and `progress` theirs; what
 * stood there before is not shown any more. `conversation`: its title, its times or where it is kept changed.
 */
export const ConversationEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    seq: z.int(),
    conversation: Conversation,
    ...onPath,
    messages: z.array(Message),
    others: z.array(Message),
    progress: z.record(z.string(), Progress),
  }),
  z.object({ type: z.literal('text'), seq: z.int(), messageId: Id, offset: z.int(), text: z.string() }),
  z.object({ type: z.literal('reasoning'), seq: z.int(), messageId: Id, offset: z.int(), text: z.string() }),
  z.object({ type: z.literal('message'), seq: z.int(), message: Message }),
  z.object({
    type: z.literal('branch'),
    seq: z.int(),
    after: Id.nullable(),
    ...onPath,
    messages: z.array(Message),
    others: z.array(Message),
    progress: z.record(z.string(), Progress),
  }),
  z.object({ type: z.literal('conversation'), seq: z.int(), conversation: Conversation }),
  z.object({ type: z.literal('progress'), seq: z.int(), messageId: Id, progress: Progress }),
  z.object({ type: z.literal('removed'), seq: z.int() }),
])
export type ConversationEvent = z.infer<typeof ConversationEvent>

/**
 * Events of the conversation list, which has what is archived or in the trash too: everything once, and again when many
 * change together; else single changes.
 */
export const ConversationListEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), conversations: z.array(Conversation) }),
  z.object({ type: z.literal('upsert'), conversation: Conversation }),
  z.object({ type: z.literal('removed'), id: Id }),
])
export type ConversationListEvent = z.infer<typeof ConversationListEvent>

/**
 * What narrows a search, each for the whole conversation: whether it has pictures, and videos; the name of a model that
 * answered in it; a tag that it has; when it was changed last, from `since` until before `until`, in ms since 1970. Unset: whatever.
 */
export const SearchFilter = z.object({
  picture: z.literal(true).optional(),
  video: z.literal(true).optional(),
  model: z.string().max(1000).optional(),
  tag: Tag.optional(),
  since: z.int().optional(),
  until: z.int().optional(),
})
export type SearchFilter = z.infer<typeof SearchFilter>

/**
 * A message that holds what is searched for: in its words, or, where none of it stands there, in the name of a picture or
 * video, or else in the text of its page or in what a model saw in its picture, which `picture` is. `snippet`: about 160 characters around the first hit; hits stand between \u0002 and \u0003.
 */
export const SearchHit = z.object({
  messageId: Id,
  role: z.enum(['user', 'assistant']),
  in: z.enum(['text', 'file', 'page', 'picture']),
  snippet: z.string(),
  picture: z.object({ sha: Sha256, name: z.string() }).optional(),
})
export type SearchHit = z.infer<typeof SearchHit>

/**
 * A conversation that a search finds. `title`: its title, marked as a snippet is, where that holds every word. `hits`: its
 * latest messages that do, of whichever branch; `more`: there are others.
 */
export const Found = z.object({
  conversation: Conversation,
  title: z.string().nullable(),
  hits: z.array(SearchHit),
  more: z.boolean(),
})
export type Found = z.infer<typeof Found>

/** A message of a conversation's map. `text`: the beginning of what it says; without words, the name of its picture or video. */
export const MapEntry = z.object({
  id: Id,
  parentId: Id.nullable(),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  model: z.string().nullable(),
  /** Whether it is on the path that is shown. */
  shown: z.boolean(),
})
export type MapEntry = z.infer<typeof MapEntry>

/** A picture or video of a message on the shown path: the message, the place among its parts, and what it is. */
export const PathMedium = z.object({
  messageId: Id,
  role: z.enum(['user', 'assistant']),
  place: z.int(),
  part: Part,
})
export type PathMedium = z.infer<typeof PathMedium>

/** The most messages that are asked for at once. */
export const MOST_MESSAGES = 200

const Query = z.string().max(200)

/** Conversations that something is done with together; those that are gone by then are passed over. */
const Ids = z.array(Id).min(1).max(100_000)

export const conversations = {
  /** The list, newest first, and its changes. */
  watchList: oc.output(eventIterator(ConversationListEvent)),
  /** One conversation: a snapshot of its path with the newest messages, then its events. */
  watch: oc.input(z.object({ id: Id })).output(eventIterator(ConversationEvent)),
  /** Messages of a conversation by their ids; those that are gone or of another are passed over. */
  messages: oc.input(z.object({ id: Id, ids: z.array(Id).min(1).max(MOST_MESSAGES) })).output(z.array(Message)),
  /** The pictures and videos of a conversation's shown path, in their order. */
  media: oc.input(z.object({ id: Id })).output(z.array(PathMedium)),
  /**
   * Search over titles, texts of messages and names of their files, titles first, then the newest. Without a query all that
   * the filter lets through; nothing where that is unset too.
   */
  search: oc
    .input(z.object({ query: Query, filter: SearchFilter.optional(), limit: z.int().min(1).max(100).default(30) }))
    .output(z.array(Found)),
  /** The messages of a conversation that hold every word of the query, in their order; of more than `limit` the latest. */
  findIn: oc
    .input(z.object({ id: Id, query: Query, limit: z.int().min(1).max(1000).default(200) }))
    .output(z.array(SearchHit)),
  /** The names of the models that answered in any conversation. */
  answeredBy: oc.output(z.array(z.string())),
  rename: oc.input(z.object({ id: Id, title: z.string().trim().min(1).max(200) })).output(Conversation),
  /** Puts conversations on top of the list, or back among the others. */
  pin: oc.input(z.object({ ids: Ids, pinned: z.boolean() })).output(z.void()),
  /** Puts conversations away, where search still finds them, or back into the list. */
  archive: oc.input(z.object({ ids: Ids, archived: z.boolean() })).output(z.void()),
  /**
   * Gives conversations tags, and takes some from them. A tag that is there in another case keeps its spelling. Throws
   * InvalidInput where one would have more than `MAX_TAGS`; nothing is changed then.
   */
  tag: oc
    .input(
      z.object({
        ids: Ids,
        add: z.array(Tag).max(MAX_TAGS).default([]),
        remove: z.array(Tag).max(MAX_TAGS).default([]),
      }),
    )
    .output(z.void()),
  /** Moves conversations to the trash, with what they hold; their answers stop. They are deleted for good after `TRASH_DAYS`. */
  discard: oc.input(z.object({ ids: Ids })).output(z.void()),
  /** Takes conversations out of the trash, to where they were; messages that were deleted, back into theirs. */
  restore: oc.input(z.object({ ids: Ids })).output(z.void()),
  /** Deletes conversations that are in the trash for good; null: all that are. */
  emptyTrash: oc.input(z.object({ ids: Ids.nullable() })).output(z.void()),
  /** Deletes a conversation for good, wherever it is kept, with the files that it alone holds. Throws NotFound. */
  remove: oc.input(z.object({ id: Id })).output(z.void()),
  /** Makes the branch that holds `messageId` the current one; of a pair of answers, the one that the conversation goes on from. */
  selectBranch: oc.input(z.object({ messageId: Id })).output(z.void()),
  /**
   * Stores an answer in words of the user's own as a new branch beside it, which the conversation goes on from; the answer
   * is kept. InvalidInput for a question, Busy while an answer of the conversation is written.
   */
  editAnswer: oc
    .input(z.object({ messageId: Id, text: z.string().trim().min(1).max(MAX_TEXT) }))
    .output(z.object({ messageId: Id })),
  /**
   * Moves a message to the trash with all that hangs on it, of a pair of answers both. `trashId`: what `restore` puts them
   * back by; the conversation's own where nothing would be left of it. `questions` and `answers`: how many went. Busy
   * while an answer of the conversation is written.
   */
  removeMessage: oc
    .input(z.object({ messageId: Id }))
    .output(z.object({ trashId: Id, questions: z.int(), answers: z.int() })),
  /** All messages of a conversation with their branches, without their texts: a map of it. */
  map: oc.input(z.object({ id: Id })).output(z.array(MapEntry)),
}
