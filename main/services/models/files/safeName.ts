/** Bytes of a name in UTF-8 at most; file systems allow 255, and endings come on top. */
const MAX_BYTES = 120
/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** A name for files and folders that every file system takes, made of a model's name. */
export function safeName(name: string): string {
  const clean = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .replace(/[<>:"/\\|?*]+/g, '-')
    .replace(/^[\s.-]+|[\s.-]+$/g, '')
  let cut = clean === '' || reserved.test(clean) ? `model ${clean}`.trim() : clean
  while (Buffer.byteLength(cut) > MAX_BYTES) cut = [...cut].slice(0, -1).join('')
  return cut.trimEnd()
}
