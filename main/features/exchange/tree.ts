import type { ImportedPart, ImportedTurn } from './form.ts'
import { joinThoughts } from './programs/values.ts'

/** What a node of a program's tree is to us. */
export type NodeKind =
  /** A question or an answer. */
  | ({ readonly kind: 'turn' } & Omit<ImportedTurn, 'id' | 'parent'>)
  /** No turn of its own: what was thought or made on the way to the answer after it. */
  | {
      readonly kind: 'note'
      readonly parts: readonly ImportedPart[]
      readonly reasoning: string | null
      readonly model: string | null
      readonly time: number | null
    }
  /** Nothing. */
  | { readonly kind: 'skip' }

/** A node as a program keeps it. */
export interface TreeNode {
  readonly id: string
  /** null: a root; undefined: not told. */
  readonly parent: string | null | undefined
  /** Its children in their order, where the program lists them. */
  readonly children: readonly string[]
  readonly is: NodeKind
}

interface Placed {
  readonly node: TreeNode
  readonly parent: string | null
  readonly children: string[]
}

/**
 * The nodes, each after its parent and children in their order. What a node says of its parent counts before what that says of its
 * children; a parent that is not there makes a root, and so does the first node of a circle. Of two nodes of one id the first counts.
 */
function place(nodes: readonly TreeNode[]): Placed[] {
  const byId = new Map<string, TreeNode>()
  for (const node of nodes) if (node.id !== '' && !byId.has(node.id)) byId.set(node.id, node)
  const listed = new Map<string, string>()
  for (const { id, children } of byId.values())
    for (const child of children) if (child !== id && byId.has(child) && !listed.has(child)) listed.set(child, id)
  const parentOf = ({ id, parent }: TreeNode): string | null => {
    if (typeof parent === 'string' && parent !== id && byId.has(parent)) return parent
    return parent === null ? null : (listed.get(id) ?? null)
  }
  const parents = new Map([...byId.values()].map((node) => [node.id, parentOf(node)]))
  const below = Map.groupBy(byId.keys(), (id) => parents.get(id) ?? null)
  const childrenOf = (id: string): string[] => {
    const all = below.get(id) ?? []
    const order = new Map((byId.get(id)?.children ?? []).map((child, i) => [child, i]))
    // a stable sort: what is not listed stays behind, as it came
    return all.toSorted((a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity) || 0)
  }

  const placed = new Map<string, Placed>()
  const walk = (root: string): void => {
    const open: { id: string; parent: string | null }[] = [{ id: root, parent: null }]
    for (let next = open.pop(); next; next = open.pop()) {
      const { id, parent } = next
      const node = byId.get(id)
      if (!node || placed.has(id)) continue
      const children = childrenOf(id)
      placed.set(id, { node, parent, children: [] })
      if (parent !== null) placed.get(parent)?.children.push(id)
      for (const child of children.toReversed()) open.push({ id: child, parent: id })
    }
  }
  for (const root of below.get(null) ?? []) walk(root)
  // circles: nothing leads into them
  for (const id of byId.keys()) if (!placed.has(id)) walk(id)
  return [...placed.values()]
}

/** What leads to a node: the turn that it follows, and what was noted since. */
interface Lead {
  readonly turn: string | null
  /** Whether that turn has had no branches since, so that an answer can go on with it. */
  readonly isStraight: boolean
  readonly notes: readonly (TreeNode & { is: { kind: 'note' } })[]
}

/**
 * The turns of a program's tree. Nodes that are none are passed over, and what they hold goes to the answer after them; an answer that goes
 * on with another one, with nothing but tools between, is one with it. `active`: a node of the line that was shown; the line goes on to its
 * last child. null, or one that is not there: the last child everywhere.
 */
export function toTurns(
  nodes: readonly TreeNode[],
  active: string | null,
): { turns: ImportedTurn[]; leaf: string | null } {
  const placed = place(nodes)
  const byId = new Map(placed.map((one) => [one.node.id, one]))
  const turns = new Map<string, ImportedTurn>()
  /** After each node: where the conversation stands. */
  const leads = new Map<string, Lead>()
  const start: Lead = { turn: null, isStraight: false, notes: [] }

  /** Makes an answer of what was noted and led to none. */
  const flush = ({ turn, notes }: Lead): string | null => {
    const [first] = notes
    if (!first) return turn
    if (!turns.has(first.id)) turns.set(first.id, answerOf(first.id, turn, notes))
    return first.id
  }

  for (const { node, parent, children } of placed) {
    const lead = (parent === null ? undefined : leads.get(parent)) ?? start
    const isAlone = children.length <= 1
    const { is } = node
    if (is.kind === 'skip') leads.set(node.id, { ...lead, isStraight: lead.isStraight && isAlone })
    else if (is.kind === 'note') {
      const notes = [...lead.notes, node as Lead['notes'][number]]
      const next = { turn: lead.turn, isStraight: lead.isStraight && isAlone, notes }
      const before = lead.turn === null ? undefined : turns.get(lead.turn)
      if (children.length > 0) leads.set(node.id, next)
      else if (before && lead.isStraight && before.role === 'assistant') {
        turns.set(before.id, goOn(before, answerOf(node.id, null, notes)))
        leads.set(node.id, { turn: before.id, isStraight: false, notes: [] })
      } else leads.set(node.id, { turn: flush(next), isStraight: false, notes: [] })
    } else if (is.role === 'user') {
      const { kind: _, ...turn } = is
      turns.set(node.id, { ...turn, id: node.id, parent: flush(lead) })
      leads.set(node.id, { turn: node.id, isStraight: false, notes: [] })
    } else {
      const { kind: _, ...said } = is
      const noted = answerOf(node.id, lead.turn, lead.notes)
      const answer: ImportedTurn = {
        ...{ ...said, id: node.id, parent: lead.turn },
        parts: [...noted.parts, ...said.parts],
        reasoning: joinThoughts([noted.reasoning, said.reasoning]),
        model: said.model ?? noted.model,
        time: said.time ?? noted.time,
      }
      const before = lead.turn === null ? undefined : turns.get(lead.turn)
      const isMore = before?.role === 'assistant' && lead.isStraight
      if (isMore) turns.set(before.id, goOn(before, answer))
      else turns.set(node.id, answer)
      leads.set(node.id, { turn: isMore ? before.id : node.id, isStraight: isAlone, notes: [] })
    }
  }

  let shown =
    active !== null && byId.has(active) ? active : (placed.findLast(({ parent }) => parent === null)?.node.id ?? null)
  for (let next = shown; next !== null; next = byId.get(next)?.children.at(-1) ?? null) shown = next
  const leaf = shown === null ? null : (leads.get(shown)?.turn ?? null)
  return { turns: inOrder([...turns.values()]), leaf }
}

/** Answers that were made of notes come to stand after what they follow. */
function inOrder(turns: readonly ImportedTurn[]): ImportedTurn[] {
  const done = new Set<string>()
  const waiting = new Map<string, ImportedTurn[]>()
  const ordered: ImportedTurn[] = []
  for (const turn of turns) {
    if (turn.parent !== null && !done.has(turn.parent)) {
      waiting.set(turn.parent, [...(waiting.get(turn.parent) ?? []), turn])
      continue
    }
    const open = [turn]
    for (let next = open.shift(); next; next = open.shift()) {
      ordered.push(next)
      done.add(next.id)
      open.unshift(...(waiting.get(next.id) ?? []))
      waiting.delete(next.id)
    }
  }
  return ordered
}

/** An answer of nothing but what was noted. */
const answerOf = (id: string, parent: string | null, notes: Lead['notes']): ImportedTurn => ({
  ...{ id, parent, role: 'assistant' },
  parts: notes.flatMap(({ is }) => is.parts),
  reasoning: joinThoughts(notes.map(({ is }) => is.reasoning)),
  model: notes.findLast(({ is }) => is.model !== null)?.is.model ?? null,
  time: notes.find(({ is }) => is.time !== null)?.is.time ?? null,
  end: 'complete',
})

/** One answer of two, of which the second went on with the first. */
function goOn(first: ImportedTurn, more: ImportedTurn): ImportedTurn {
  const isBetween = first.parts.at(-1)?.type === 'text' && more.parts[0]?.type === 'text'
  return {
    ...first,
    parts: [...first.parts, ...(isBetween ? [{ type: 'text', text: '\n\n' } as const] : []), ...more.parts],
    reasoning: joinThoughts([first.reasoning, more.reasoning]),
    end: more.end,
  }
}
