import { MOST_DEPTH } from './tree.ts'
import type { Inline, InlineStyle } from './tree.ts'

/** Elements that words may be set with, by the names that HTML has for them. */
const STYLES: ReadonlyMap<string, InlineStyle> = new Map([
  ['b', 'strong'],
  ['strong', 'strong'],
  ['i', 'em'],
  ['em', 'em'],
  ['u', 'u'],
  ['ins', 'u'],
  ['s', 'del'],
  ['del', 'del'],
  ['strike', 'del'],
  ['sup', 'sup'],
  ['sub', 'sub'],
])

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
  ['copy', '©'],
  ['reg', '®'],
  ['deg', '°'],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['euro', '€'],
  ['times', '×'],
])

/** Text with the character references of HTML as the characters that they stand for. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(String(name).toLowerCase()) ?? whole
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole
  })
}

/** What begins something at a place in a line, in the order in which it is tried. `\` and `$` come first: formulas. */
const STARTS = /[\\$`*_~[!<]/

/**
 * Words of a line, or of several: Markdown's emphasis, code and links, formulas between `$`, `\(` and `\[`, and of HTML those
 * elements that set words. Any other HTML stays the characters that it is written with. What is open at the end stays text.
 * `depth`: in how many such settings the words stand. The time grows with the length, whatever the model writes.
 */
export function readInline(source: string, depth = 0): Inline[] {
  if (depth >= MOST_DEPTH) return source === '' ? [] : [{ type: 'text', text: decodeEntities(source) }]
  const out: Inline[] = []
  let text = ''
  const flush = (): void => {
    if (text !== '') out.push({ type: 'text', text: decodeEntities(text) })
    text = ''
  }
  const push = (node: Inline): void => {
    flush()
    out.push(node)
  }
  let at = 0
  while (at < source.length) {
    if (source[at] === '\n') {
      text = withoutSpaces(text)
      push({ type: 'break' })
      at += 1
      continue
    }
    const found = STARTS.test(source[at]!) ? readAt(source, at, depth + 1) : null
    if (!found) {
      text += source[at]
      at += 1
      continue
    }
    if (typeof found.node === 'string') text += found.node
    else if (found.node) push(found.node)
    at = found.end
  }
  flush()
  return trimmed(out)
}

interface Found {
  /** A text is one as it stands; null: nothing is shown. */
  readonly node: Inline | string | null
  readonly end: number
}

function readAt(source: string, at: number, depth: number): Found | null {
  const rest = source.slice(at)
  switch (source[at]) {
    case '\\':
      return readEscape(rest, at)
    case '$':
      return readDollars(source, at)
    case '`':
      return readCode(source, at)
    case '*':
    case '_':
    case '~':
      return readEmphasis(source, at, depth)
    case '!':
    case '[':
      return readLink(source, at, depth)
    default:
      return readTag(rest, at, depth)
  }
}

/** How long a formula in a line, or a comment, is at most. */
const MOST_LENGTH = 5000

/** What stands from `from` to the next `closing`; null: there is none near, or nothing stands there. */
function upTo(source: string, from: number, closing: string): { inside: string; end: number } | null {
  const inside = source.slice(from, from + MOST_LENGTH)
  const close = inside.indexOf(closing, 1)
  return close < 0 ? null : { inside: inside.slice(0, close), end: from + close + closing.length }
}

function readEscape(rest: string, at: number): Found | null {
  const closing = rest[1] === '(' ? '\\)' : rest[1] === '[' ? '\\]' : null
  const formula = closing && upTo(rest, 2, closing)
  if (formula) return { node: { type: 'formula', tex: formula.inside.trim() }, end: at + formula.end }
  const escaped = /^\\([*_`~#[\]<>$|!.+-])/.exec(rest)
  return escaped ? { node: escaped[1]!, end: at + 2 } : null
}

/** As Pandoc reads it: no space inside the signs, and no digit behind them, so that prices stay prices. */
function readDollars(source: string, at: number): Found | null {
  const block = source.startsWith('$$', at) ? upTo(source, at + 2, '$$') : null
  if (block) return { node: { type: 'formula', tex: block.inside.trim() }, end: block.end }
  const formula = /^\$(?![\s$])((?:\\.|[^$\\])*?[^\s\\$]|\\.)\$(?!\d)/s.exec(source.slice(at))
  return formula ? { node: { type: 'formula', tex: formula[1]!.trim() }, end: at + formula[0].length } : null
}

/** Code ends at as many signs as it began with; where there are none, those are text. */
function readCode(source: string, at: number): Found {
  const runFrom = (from: number): number => {
    let end = from
    while (source[end] === '`') end += 1
    return end
  }
  const inside = runFrom(at)
  for (let close = source.indexOf('`', inside); close >= 0; ) {
    const end = runFrom(close)
    if (end - close === inside - at) return { node: { type: 'code', text: source.slice(inside, close).trim() }, end }
    close = source.indexOf('`', end)
  }
  return { node: source.slice(at, inside), end: inside }
}

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character)

/** How many signs are looked at for the one that ends an emphasis: one further off is not meant. */
const MOST_SIGNS = 100

function readEmphasis(source: string, at: number, depth: number): Found | null {
  const sign = source[at]!
  const mark = source.startsWith(sign + sign, at) ? sign + sign : sign
  if (sign === '~' && mark.length < 2) return null
  const inside = at + mark.length
  if (/\s/.test(source[inside] ?? ' ')) return null
  // within a word underscores are letters of it
  if (sign === '_' && isWord(source[at - 1])) return null
  const paragraphEnd = source.indexOf('\n\n', inside)
  let looked = 0
  for (let end = source.indexOf(mark, inside + 1); end >= 0; end = source.indexOf(mark, end + 1)) {
    if (paragraphEnd >= 0 && end > paragraphEnd) return null
    if (looked++ >= MOST_SIGNS) break
    if (/\s|\\/.test(source[end - 1]!)) continue
    const after = end + mark.length
    if (mark.length === 1 && source[after] === sign) {
      end += 1
      continue
    }
    if (sign === '_' && isWord(source[after])) continue
    const type = sign === '~' ? 'del' : mark.length === 2 ? 'strong' : 'em'
    return { node: { type, children: readInline(source.slice(inside, end), depth) }, end: after }
  }
  // no end: the signs are text, all of them
  return { node: mark, end: inside }
}

/**
 * A name in brackets with a target in round ones behind it, as of a link or a picture: `[` stands at `at`. Null: there is
 * none.
 */
export function linkAt(source: string, at: number): { name: string; target: string; end: number } | null {
  if (source[at] !== '[') return null
  const close = source.indexOf(']', at + 1)
  if (close < 0 || source[close + 1] !== '(') return null
  const end = source.indexOf(')', close + 2)
  if (end < 0) return null
  const [, target = ''] = /^\s*<?([^(\s>]*)/.exec(source.slice(close + 2, end)) ?? []
  return { name: source.slice(at + 1, close), target, end: end + 1 }
}

function readLink(source: string, at: number, depth: number): Found | null {
  const isPicture = source[at] === '!'
  const link = linkAt(source, isPicture ? at + 1 : at)
  if (!link || (!isPicture && link.name === '')) return null
  const { name, target, end } = link
  if (isPicture) return { node: { type: 'picture', alt: decodeEntities(name.trim()) }, end }
  const children = readInline(name, depth)
  if (/^(https?:|mailto:)/i.test(target)) return { node: { type: 'link', href: target, children }, end }
  return { node: { type: 'em', children }, end }
}

function readTag(rest: string, at: number, depth: number): Found | null {
  if (rest.startsWith('<!--')) {
    const comment = upTo(rest, 3, '-->')
    if (comment) return { node: null, end: at + comment.end }
  }
  const tag = /^<(\/?)([a-z][a-z\d]*)\b[^<>]*>/i.exec(rest)
  if (!tag) return null
  const name = tag[2]!.toLowerCase()
  const end = at + tag[0].length
  if (/^(br|p|div|li|tr)$/.test(name)) {
    // lines end where such an element begins and ends; the beginning of the first is no line
    return { node: name === 'br' || tag[1] ? { type: 'break' } : null, end }
  }
  if (/^(ul|ol|span|font|tbody|thead|center|small|big)$/.test(name)) return { node: null, end }
  const style = STYLES.get(name)
  if ((!style && name !== 'code') || tag[1]) return style || name === 'code' ? { node: null, end } : null
  const close = new RegExp(`</${name}\\s*>`, 'i').exec(rest.slice(tag[0].length))
  const inside = rest.slice(tag[0].length, close ? tag[0].length + close.index : undefined)
  const after = close ? end + close.index + close[0].length : at + rest.length
  if (!style) return { node: { type: 'code', text: decodeEntities(inside) }, end: after }
  return { node: { type: style, children: readInline(inside, depth) }, end: after }
}

/** Without spaces at the end. */
function withoutSpaces(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1
  return text.slice(0, end)
}

/** Without breaks and spaces at the ends, and with one break for several. */
function trimmed(nodes: Inline[]): Inline[] {
  const out = nodes.filter((node, i) => !(node.type === 'break' && (i === 0 || nodes[i - 1]?.type === 'break')))
  while (out.at(-1)?.type === 'break') out.pop()
  while (out[0]?.type === 'break') out.shift()
  const first = out[0]
  if (first?.type === 'text') out[0] = { ...first, text: first.text.replace(/^[ \t]+/, '') }
  const last = out.at(-1)
  if (last?.type === 'text') out[out.length - 1] = { ...last, text: withoutSpaces(last.text) }
  return out.filter((node) => node.type !== 'text' || node.text !== '')
}

/** The characters of inline parts alone; formulas as LaTeX, without their signs. */
export function textOfInline(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n'
      if (node.type === 'formula') return node.tex
      if (node.type === 'picture') return pictureName(node.alt)
      return 'text' in node ? node.text : textOfInline(node.children)
    })
    .join('')
}

/** What stands for a picture where it cannot be shown. */
export const pictureName = (alt: string): string => (alt ? `[Picture: ${alt}]` : '[Picture]')
