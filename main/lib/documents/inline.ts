import type { Inline, InlineStyle } from './tree.ts'

/** Elements that words may be set with, by the names that HTML has for them. */
const STYLES: Readonly<Record<string, InlineStyle>> = {
  b: 'strong',
  strong: 'strong',
  i: 'em',
  em: 'em',
  u: 'u',
  ins: 'u',
  s: 'del',
  del: 'del',
  strike: 'del',
  sup: 'sup',
  sub: 'sub',
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  deg: '°',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  euro: '€',
  times: '×',
}

/** Text with the character references of HTML as the characters that they stand for. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole
  })
}

/** What begins something at a place in a line, in the order in which it is tried. `\` and `$` come first: formulas. */
const STARTS = /[\\$`*_~[!<]/

/**
 * Words of a line, or of several: Markdown's emphasis, code and links, formulas between `$`, `\(` and `\[`, and of HTML those
 * elements that set words. Any other HTML stays the characters that it is written with. What is open at the end stays text.
 */
export function readInline(source: string): Inline[] {
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
      text = text.replace(/[ \t]+$/, '')
      push({ type: 'break' })
      at += 1
      continue
    }
    const found = STARTS.test(source[at]!) ? readAt(source, at) : null
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

function readAt(source: string, at: number): Found | null {
  const rest = source.slice(at)
  switch (source[at]) {
    case '\\':
      return readEscape(rest, at)
    case '$':
      return readDollars(source, at)
    case '`':
      return readCode(rest, at)
    case '*':
    case '_':
    case '~':
      return readEmphasis(source, at)
    case '!':
    case '[':
      return readLink(rest, at)
    default:
      return readTag(rest, at)
  }
}

function readEscape(rest: string, at: number): Found | null {
  const formula = /^\\\((.+?)\\\)|^\\\[(.+?)\\\]/s.exec(rest)
  if (formula)
    return { node: { type: 'formula', tex: (formula[1] ?? formula[2]!).trim() }, end: at + formula[0].length }
  const escaped = /^\\([*_`~#[\]<>$|!.+-])/.exec(rest)
  return escaped ? { node: escaped[1]!, end: at + 2 } : null
}

/** As Pandoc reads it: no space inside the signs, and no digit behind them, so that prices stay prices. */
function readDollars(source: string, at: number): Found | null {
  const rest = source.slice(at)
  const formula = /^\$\$(.+?)\$\$/s.exec(rest) ?? /^\$(?![\s$])((?:\\.|[^$\\])*?[^\s\\$]|\\.)\$(?!\d)/s.exec(rest)
  return formula ? { node: { type: 'formula', tex: formula[1]!.trim() }, end: at + formula[0].length } : null
}

function readCode(rest: string, at: number): Found | null {
  const code = /^(`+)(.+?)(?<!`)\1(?!`)/s.exec(rest)
  return code ? { node: { type: 'code', text: code[2]!.trim() }, end: at + code[0].length } : null
}

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character)

function readEmphasis(source: string, at: number): Found | null {
  const sign = source[at]!
  const mark = source.startsWith(sign + sign, at) ? sign + sign : sign
  if (sign === '~' && mark.length < 2) return null
  const inside = at + mark.length
  if (/\s/.test(source[inside] ?? ' ')) return null
  // within a word underscores are letters of it
  if (sign === '_' && isWord(source[at - 1])) return null
  for (let end = source.indexOf(mark, inside + 1); end >= 0; end = source.indexOf(mark, end + 1)) {
    if (/\s|\\/.test(source[end - 1]!)) continue
    if (source.slice(inside, end).includes('\n\n')) return null
    const after = end + mark.length
    if (mark.length === 1 && source[after] === sign) {
      end += 1
      continue
    }
    if (sign === '_' && isWord(source[after])) continue
    const type = sign === '~' ? 'del' : mark.length === 2 ? 'strong' : 'em'
    return { node: { type, children: readInline(source.slice(inside, end)) }, end: after }
  }
  // no end: the signs are text, all of them
  return { node: mark, end: inside }
}

function readLink(rest: string, at: number): Found | null {
  const picture = /^!\[([^\]]*)\]\(\s*([^()\s]*)[^)]*\)/.exec(rest)
  if (picture)
    return { node: { type: 'picture', alt: decodeEntities(picture[1]!.trim()) }, end: at + picture[0].length }
  if (rest.startsWith('!')) return null
  const link = /^\[([^\]]+)\]\(\s*<?([^()\s>]*)>?[^)]*\)/.exec(rest)
  if (!link) return null
  const children = readInline(link[1]!)
  const end = at + link[0].length
  if (/^(https?:|mailto:)/i.test(link[2]!)) return { node: { type: 'link', href: link[2]!, children }, end }
  return { node: { type: 'em', children }, end }
}

function readTag(rest: string, at: number): Found | null {
  const comment = /^<!--.*?-->/s.exec(rest)
  if (comment) return { node: null, end: at + comment[0].length }
  const tag = /^<(\/?)([a-z][a-z\d]*)\b[^<>]*>/i.exec(rest)
  if (!tag) return null
  const name = tag[2]!.toLowerCase()
  const end = at + tag[0].length
  if (/^(br|p|div|li|tr)$/.test(name)) {
    // lines end where such an element begins and ends; the beginning of the first is no line
    return { node: name === 'br' || tag[1] ? { type: 'break' } : null, end }
  }
  if (/^(ul|ol|span|font|tbody|thead|center|small|big)$/.test(name)) return { node: null, end }
  const style = STYLES[name]
  if ((!style && name !== 'code') || tag[1]) return style || name === 'code' ? { node: null, end } : null
  const close = new RegExp(`</${name}\\s*>`, 'i').exec(rest.slice(tag[0].length))
  const inside = rest.slice(tag[0].length, close ? tag[0].length + close.index : undefined)
  const after = close ? end + close.index + close[0].length : at + rest.length
  if (!style) return { node: { type: 'code', text: decodeEntities(inside) }, end: after }
  return { node: { type: style, children: readInline(inside) }, end: after }
}

/** Without breaks and spaces at the ends, and with one break for several. */
function trimmed(nodes: Inline[]): Inline[] {
  const out = nodes.filter((node, i) => !(node.type === 'break' && (i === 0 || nodes[i - 1]?.type === 'break')))
  while (out.at(-1)?.type === 'break') out.pop()
  while (out[0]?.type === 'break') out.shift()
  const first = out[0]
  if (first?.type === 'text') out[0] = { ...first, text: first.text.replace(/^[ \t]+/, '') }
  const last = out.at(-1)
  if (last?.type === 'text') out[out.length - 1] = { ...last, text: last.text.replace(/[ \t]+$/, '') }
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
