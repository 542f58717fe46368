import { createHash } from 'node:crypto'

/** Bytes of a name in UTF-8 at most; file systems allow 255, and unfinished files have an ending more. */
const MAX_BYTES = 180

/** Names that Windows keeps for devices, with any ending. */
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)/i

/**
 * A name that every file system takes, made of the last segment of `wanted`: no separators, control or invisible
 * characters, no device names, no dots or blanks at the ends, not the endings of unfinished files, at most 180 bytes. A name
 * that had to be cut gets part of its digest, so that two of them stay different; the ending is kept.
 */
export function safeName(wanted: string): string {
  const segment = wanted.split(/[/\\]/).findLast((part) => part !== '') ?? ''
  const clean = segment
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*~%]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '')
    .replace(/\.(part|lock)$/i, '$&_')
  const named = clean === '' ? `model-${digest(wanted)}` : reserved.test(clean) ? `_${clean}` : clean
  if (Buffer.byteLength(named) <= MAX_BYTES) return named
  // the numbering of split GGUF files belongs to the ending
  const ending = /(-\d{5}-of-\d{5})?\.[a-z0-9]{1,8}$/i.exec(named)?.[0] ?? ''
  const tail = `-${digest(wanted)}${ending}`
  return (
    cut(named.slice(0, named.length - ending.length), MAX_BYTES - Buffer.byteLength(tail)).replace(/[\s.]+$/, '') + tail
  )
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8)

function cut(text: string, bytes: number): string {
  let result = ''
  for (const character of text) {
    if (Buffer.byteLength(result) + Buffer.byteLength(character) > bytes) break
    result += character
  }
  return result
}
