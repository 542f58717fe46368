import type { Part } from '#contract'

const longest = 60

/** A conversation's first title: the first words of the question, at most 60 characters; without words, the first picture's name. */
export function titleOf(parts: readonly Part[]): string {
  const text = parts.map((part) => (part.type === 'text' ? part.text : ' ')).join(' ')
  const words = text.trim().split(/\s+/u).join(' ')
  if (words) return shorten(words)
  const picture = parts.find((part) => part.type === 'image')
  return picture ? shorten(picture.attachment.name) : ''
}

function shorten(text: string): string {
  const characters = [...text]
  if (characters.length <= longest) return text
  const head = characters.slice(0, longest - 1).join('')
  const space = head.lastIndexOf(' ')
  return `${(space > longest / 2 ? head.slice(0, space) : head).trimEnd()}…`
}
