import type { Part } from '#contract'

const longest = 60

/** A conversation's first title: the first words of the question, at most 60 characters; without words, the name of the first picture or video. */
export function titleOf(parts: readonly Part[]): string {
  const text = parts.map((part) => (part.type === 'text' ? part.text : ' ')).join(' ')
  const words = text.trim().split(/\s+/u).join(' ')
  if (words) return shorten(words)
  const medium = parts.find((part) => part.type !== 'text')
  return medium ? shorten(medium.type === 'frames' ? medium.name : medium.attachment.name) : ''
}

function shorten(text: string): string {
  const characters = [...text]
  if (characters.length <= longest) return text
  const head = characters.slice(0, longest - 1).join('')
  const space = head.lastIndexOf(' ')
  return `${(space > longest / 2 ? head.slice(0, space) : head).trimEnd()}…`
}
