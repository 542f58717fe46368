const MAX_LENGTH = 255
/** Control characters and those that turn the writing direction, which can make `gpj.exe` look like `exe.jpg`. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The name of an upload as it may be shown: its last path segment without hidden characters, at most 255 characters. */
export function displayName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const clean = last.replace(HIDDEN, '').trim().slice(0, MAX_LENGTH).toWellFormed()
  return clean === '' || clean === '.' || clean === '..' ? 'picture' : clean
}
