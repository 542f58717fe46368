import { createHash } from 'node:crypto'

/** One page: its drawing in the operators of PDF, and what differs from 200 x 100 points in white. */
export interface PdfPageSpec {
  /** As in `0 0 1 rg 0 0 100 50 re f`; fonts are /F1 (Helvetica) and /F2 (Chinese, not in the file). */
  readonly content?: string
  /** More entries of the page's dictionary, as in `/Rotate 90`. */
  readonly entries?: string
  /** More of its resources, as in `/Properties << /Draft 7 0 R >>`. */
  readonly resources?: string
  /** Annotations and fields of a form, each a dictionary without its brackets. */
  readonly annotations?: readonly string[]
}

/** What a whole file has beyond its pages. */
export interface PdfFileSpec {
  /** It opens with this password alone (RC4 with 40 bits, the first form of protection). */
  readonly password?: string
  /** Names the annotations of all pages as fields of a form. */
  readonly form?: boolean
  /** More entries of the catalogue, as in `/PageLabels << /Nums [0 << /S /r >>] >>`. */
  readonly catalogue?: string
  /** More objects, which are numbered from 7 on. */
  readonly objects?: readonly string[]
}

/** Text in black at 20 points from the left and 40 from the bottom, 24 points high. */
export const words = (text: string): string => `BT /F1 24 Tf 20 40 Td (${text}) Tj ET`

/** Two Chinese characters in a font that is not in the file. */
export const chineseWords = 'BT /F2 24 Tf 20 40 Td <4E2D6587> Tj ET'

/** A page filled with a colour; parts from 0 to 1. */
export const filled = (red: number, green: number, blue: number): string =>
  `${red} ${green} ${blue} rg 0 0 10000 10000 re f`

const FONTS = [
  '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  '<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [5 0 R] >>',
  '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /FontDescriptor 6 0 R >>',
  '<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 80 >>',
]

/** A PDF of these pages, 200 x 100 points each. */
export function pdf(
  pages: readonly PdfPageSpec[],
  { password, form = false, catalogue = '', objects = [] }: PdfFileSpec = {},
): Buffer {
  const id = 'sightline-test00'
  const key = password === undefined ? null : protection(password, id)
  const own = [...FONTS, ...objects]
  const first = 3 + own.length
  const counts = pages.map(({ annotations = [] }) => 2 + annotations.length)
  const starts = counts.map((_, i) => first + counts.slice(0, i).reduce((sum, count) => sum + count, 0))
  const total = first + counts.reduce((sum, count) => sum + count, 0)
  const fields = starts.flatMap((start, i) => (pages[i]!.annotations ?? []).map((_, n) => `${start + 2 + n} 0 R`))
  const acroForm = form
    ? `/AcroForm << /Fields [${fields.join(' ')}] /DR << /Font << /F1 3 0 R >> >> /DA (/F1 12 Tf 0 g) >>`
    : ''
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xff\xff\xff\xff\n', 'latin1')]
  const offsets: number[] = []
  let length = parts[0]!.length
  const write = (bytes: Buffer) => {
    parts.push(bytes)
    length += bytes.length
  }
  const object = (number: number, ...content: (string | Buffer)[]) => {
    offsets[number] = length
    const pieces = [`${number} 0 obj\n`, ...content, '\nendobj\n']
    write(Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece))))
  }
  object(1, `<< /Type /Catalog /Pages 2 0 R ${acroForm} ${catalogue} >>`)
  object(2, `<< /Type /Pages /Count ${pages.length} /Kids [${starts.map((start) => `${start} 0 R`).join(' ')}] >>`)
  for (const [i, one] of own.entries()) object(3 + i, one)
  for (const [i, { content = '', entries = '', resources = '', annotations = [] }] of pages.entries()) {
    const start = starts[i]!
    const box = entries.includes('/MediaBox') ? '' : '/MediaBox [0 0 200 100]'
    const annots = annotations.map((_, n) => `${start + 2 + n} 0 R`).join(' ')
    object(
      start,
      `<< /Type /Page /Parent 2 0 R ${box} ${entries} /Resources << /Font << /F1 3 0 R /F2 4 0 R >> ${resources} >> ` +
        `/Contents ${start + 1} 0 R /Annots [${annots}] >>`,
    )
    const stream = key ? rc4(objectKey(key, start + 1), Buffer.from(content, 'latin1')) : Buffer.from(content, 'latin1')
    object(start + 1, `<< /Length ${stream.length} >>\nstream\n`, stream, '\nendstream')
    for (const [n, annotation] of annotations.entries())
      object(start + 2 + n, `<< /Type /Annot ${annotation} /P ${start} 0 R >>`)
  }
  if (key) object(total, encryption(key))
  const table = length
  const rows = Array.from({ length: key ? total + 1 : total }, (_, n) =>
    n === 0 ? '0000000000 65535 f \n' : `${String(offsets[n]).padStart(10, '0')} 00000 n \n`,
  )
  const hex = Buffer.from(id, 'latin1').toString('hex')
  write(
    Buffer.from(
      `xref\n0 ${rows.length}\n${rows.join('')}trailer\n<< /Size ${rows.length} /Root 1 0 R /ID [<${hex}> <${hex}>] ` +
        `${key ? `/Encrypt ${total} 0 R ` : ''}>>\nstartxref\n${table}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(parts)
}

const PADDING = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex')
const padded = (password: string): Buffer => Buffer.concat([Buffer.from(password, 'latin1'), PADDING]).subarray(0, 32)
const md5 = (...parts: Buffer[]): Buffer => createHash('md5').update(Buffer.concat(parts)).digest()
/** All that the standard handler can allow. */
const PERMISSIONS = -4

interface Protection {
  readonly file: Buffer
  readonly owner: Buffer
}

/** Key of the file and entry of its owner, as algorithms 2 and 3 of ISO 32000-1 make them for revision 2. */
function protection(password: string, id: string): Protection {
  const owner = rc4(md5(padded(password)).subarray(0, 5), padded(password))
  const permissions = Buffer.alloc(4)
  permissions.writeInt32LE(PERMISSIONS)
  return { file: md5(padded(password), owner, permissions, Buffer.from(id, 'latin1')).subarray(0, 5), owner }
}

const encryption = ({ file, owner }: Protection): string =>
  `<< /Filter /Standard /V 1 /R 2 /O <${owner.toString('hex')}> /U <${rc4(file, PADDING).toString('hex')}> /P ${PERMISSIONS} >>`

function objectKey({ file }: Protection, number: number): Buffer {
  const suffix = Buffer.alloc(5)
  suffix.writeUIntLE(number, 0, 3)
  return md5(file, suffix).subarray(0, 10)
}

function rc4(key: Buffer, data: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + state[i]! + key[i % key.length]!) & 255
    ;[state[i], state[j]] = [state[j]!, state[i]!]
  }
  let [i, j] = [0, 0]
  return Buffer.from(
    data.map((byte) => {
      i = (i + 1) & 255
      j = (j + state[i]!) & 255
      ;[state[i], state[j]] = [state[j]!, state[i]!]
      return byte ^ state[(state[i]! + state[j]!) & 255]!
    }),
  )
}
