import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { demoModel } from './engineRequests.ts'
import { ggufFields } from './ggufFields.ts'
import type { Field } from './ggufFields.ts'

/** Paths of files that must be refused, made in `folder` from the demo model and from nothing. */
export interface BadFiles {
  readonly textModelCutInHalf: string
  readonly textModelWithTooManyTensors: string
  /** Gives vectors of 64 numbers, the demo model takes 192. */
  readonly narrowProjector: string
  readonly missing: string
  readonly textNamedPng: string
  /** Cut before its first pixel. */
  readonly truncatedPng: string
  /** Only the header of a PNG of 50,000 x 50,000 pixels. */
  readonly hugePng: string
  readonly document: string
}

const TENSOR_COUNT_AT = 8
/** A PNG's mark, its first chunk, and the mark of the next: no pixel. */
const PNG_HEADER_BYTES = 41

/** Writes the files. */
export async function badFiles(folder: string): Promise<BadFiles> {
  const write = (name: string, content: Uint8Array | string) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const text = readFileSync(demoModel.textPath)
  const counted = Buffer.from(text)
  counted.writeBigUInt64LE(2n ** 63n, TENSOR_COUNT_AT)
  const png = await sharp({ create: { width: 200, height: 200, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  return {
    textModelCutInHalf: write('half.gguf', text.subarray(0, text.length / 2)),
    textModelWithTooManyTensors: write('tensors.gguf', counted),
    narrowProjector: write('narrow.gguf', narrowed(readFileSync(demoModel.projectorPath!))),
    missing: join(folder, 'missing'),
    textNamedPng: write('text.png', 'Shopping list: bread, milk\n'),
    truncatedPng: write('truncated.png', png.subarray(0, PNG_HEADER_BYTES)),
    hugePng: write('huge.png', pngHeader(50_000, 50_000)),
    document: write('letter.docx', `PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`),
  }
}

function pngHeader(width: number, height: number): Buffer {
  const bytes = Buffer.from('89504e470d0a1a0a0000000d49484452000000000000000008020000000000000000000000', 'hex')
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

/** The demo projector with 64 outputs: the matrix is cut, and everything behind it moves up. */
function narrowed(file: Buffer): Buffer {
  const NARROW = 64
  const { fields } = ggufFields(file)
  const at = (kind: Field['kind'], name: string) =>
    fields.find((found) => found.kind === kind && found.name === name)!.at
  const outputs = file.readUInt32LE(at('integer', 'clip.vision.projection_dim'))
  const rowBytes = Number(file.readBigUInt64LE(at('dimension', 'mm.2.weight[0]'))) * 2
  file.writeUInt32LE(NARROW, at('integer', 'clip.vision.projection_dim'))
  file.writeBigUInt64LE(BigInt(NARROW), at('dimension', 'mm.2.weight[1]'))
  file.writeBigUInt64LE(BigInt(NARROW), at('dimension', 'mm.2.bias[0]'))
  file.writeBigUInt64LE(
    file.readBigUInt64LE(at('offset', 'mm.2.weight')) + BigInt(NARROW * rowBytes),
    at('offset', 'mm.2.bias'),
  )
  for (const { kind, name, at: place } of fields)
    if (kind === 'offset' && name.startsWith('v.blk.'))
      file.writeBigUInt64LE(file.readBigUInt64LE(place) - BigInt((outputs - NARROW) * (rowBytes + 4)), place)
  return file
}
