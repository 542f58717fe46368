import type { LeftOut } from '#contract'

/** Where the bytes of a picture are: in the text itself (a data: address or bare base64), in a file beside it, or nowhere. */
export type PictureFrom =
  | { readonly data: string }
  /** The name of a file of the same import. */
  | { readonly file: string }
  | { readonly missing: string }

/** A piece of a turn. `name`: what the picture was called; null: nothing is known. */
export type ImportedPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'picture'; readonly name: string | null; readonly from: PictureFrom }

/** A question or an answer of another program. */
export interface ImportedTurn {
  readonly id: string
  /** The turn that it follows; null: it begins the conversation. */
  readonly parent: string | null
  readonly role: 'user' | 'assistant'
  readonly parts: readonly ImportedPart[]
  /** What was thought before an answer; null: nothing. */
  readonly reasoning: string | null
  readonly model: string | null
  /** In ms; null: not told. */
  readonly time: number | null
  /** How an answer ended: by itself, stopped by the user, or with an error in these words. */
  readonly end: 'complete' | 'stopped' | { readonly failed: string }
}

/** A conversation of another program, whatever that keeps it in. Each turn stands after the one that it follows, siblings in order. */
export interface ImportedConversation {
  /** What the program calls it: the same at every export. */
  readonly id: string
  readonly title: string | null
  readonly created: number | null
  readonly updated: number | null
  readonly turns: readonly ImportedTurn[]
  /** The end of the line that was shown; null: the program does not tell. */
  readonly leaf: string | null
  /** Its own system prompt; unset: none. */
  readonly system?: string
}

/** What a program's form gives: its conversations, and what of them is not taken over. */
export interface Imported {
  readonly conversations: readonly ImportedConversation[]
  readonly leftOut: readonly LeftOut[]
}

/** How many examples are told of each reason. */
const EXAMPLES = 3

/** Gathers what is left out, by its reason. */
export class Omissions {
  private readonly byReason = new Map<string, { count: number; examples: string[] }>()

  /** `why`: a sentence about any number of things; `what`: a name that the user knows, or nothing. */
  add(why: string, what = '', count = 1): void {
    const known = this.byReason.get(why) ?? { count: 0, examples: [] }
    known.count += count
    if (what !== '' && known.examples.length < EXAMPLES && !known.examples.includes(what))
      known.examples.push(what.slice(0, 200))
    this.byReason.set(why, known)
  }

  addAll(others: readonly LeftOut[]): void {
    for (const { why, count, examples } of others) {
      this.add(why, examples[0] ?? '', count)
      for (const example of examples.slice(1)) this.add(why, example, 0)
    }
  }

  list(): LeftOut[] {
    return [...this.byReason].map(([why, { count, examples }]) => ({ why, count, examples }))
  }
}

/** Reasons that several programs share. */
export const reasons = {
  system: 'System prompts and custom instructions: Sightline has one of its own, in its settings',
  tools: 'Steps of tools: what was sent to them and what they gave back',
  file: 'Attached files that are no pictures: their names stand in the conversation',
  sound: 'Sound and video',
  absent: 'Pictures that are not in the export: their names stand in the conversation',
  empty: 'Conversations without a message',
} as const

/** The system prompt of a conversation, where it has one. */
export const ownSystem = (system: string | null): Pick<ImportedConversation, 'system'> =>
  system !== null && system.trim() !== '' ? { system: system.trim() } : {}

/** What stands in a turn for something that could not be taken over. */
export const gap = (what: string): ImportedPart => ({ type: 'text', text: `[${what}]` })
