import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Picture } from '../pages/chat.ts'
import { root } from './electronProgram.ts'

type File = Exclude<Picture, string>

const redCircle = readFileSync(join(root, 'resources/samples/red-circle.png'))
const file = (name: string, type: string, bytes: Uint8Array): File => ({ name, type, bytes })

/** A PNG whose header claims `size` x `size` pixels, with a right checksum. */
function hugePng(size: number): Uint8Array {
  const bytes = Buffer.from(redCircle)
  bytes.writeUInt32BE(size, 16)
  bytes.writeUInt32BE(size, 20)
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
  return bytes
}

/** Files that are no pictures the app reads, and what it says about each. */
export const badFiles: readonly { file: File; says: RegExp }[] = [
  { file: file('notes.png', 'image/png', Buffer.from('These are my notes.\n')), says: /is a text file, not a picture/ },
  { file: file('cut.png', 'image/png', redCircle.subarray(0, 60)), says: /is damaged or incomplete/ },
  { file: file('huge.png', 'image/png', hugePng(50_000)), says: /50000 x 50000 pixels .* Make it smaller/ },
  {
    file: file('letter.docx', '', Buffer.from(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`, 'latin1')),
    // with LibreOffice on this computer, that is what finds nothing in it
    says: /is a document of an office program.* print or export it to a PDF|LibreOffice could not make a PDF/,
  },
  { file: file('empty.png', 'image/png', Buffer.alloc(0)), says: /is empty \(0 bytes\)/ },
]

/** A picture of which half the file is there. */
export const halfPicture: File = file('half.png', 'image/png', redCircle.subarray(0, redCircle.length / 2))
