import { ggufFields } from './ggufFields.ts'
import type { Field, FieldMap } from './ggufFields.ts'

/** A damaged copy of a file and what was done to it, to repeat a failure by hand. */
export interface Mutation {
  readonly buffer: Buffer
  readonly description: string
}

type Random = (below: number) => number

const powers = [16n, 31n, 32n, 53n, 63n, 64n].map((exponent) => 2n ** exponent)
const nasty: readonly bigint[] = [0n, 1n, 2n, 3n, 5n, 31n, 255n, ...powers.flatMap((power) => [power - 1n, power])]
const nastyFloats: readonly number[] = [NaN, Infinity, -Infinity, 0, -0, -1, 1e-45, 3.4e38, -3.4e38]
/** Tensor types of llama.cpp's enumeration and a few beyond it; value types are among them. */
const MAX_TYPE = 48

/** Seeded random integers in [0, below): mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/**
 * Damages a sound GGUF file the way accidents and attackers do: one to three changes to counts, lengths, types,
 * shapes, offsets, numbers or texts, flipped bits, repeated entries, overwritten weights, a missing end. The same
 * seed gives the same damage; `original` is not changed.
 */
export function mutate(original: Buffer, seed: number): Mutation {
  const random = seededRandom(seed)
  const map = ggufFields(original)
  let buffer = Buffer.from(original)
  const notes: string[] = []
  for (let i = 1 + (random(4) === 0 ? 1 + random(2) : 0); i > 0; i--) {
    const change = changes[random(changes.length)]!
    const result = change(buffer, map, random)
    buffer = result.buffer
    notes.push(result.description)
    // the map no longer fits a file of another length
    if (buffer.length !== original.length) break
  }
  return { buffer, description: notes.join('; ') }
}

type Change = (
  buffer: Buffer<ArrayBuffer>,
  map: FieldMap,
  random: Random,
) => { buffer: Buffer<ArrayBuffer>; description: string }

const rewrite =
  (...kinds: Field['kind'][]): Change =>
  (buffer, map, random) => {
    const candidates = map.fields.filter((field) => kinds.includes(field.kind))
    const field = candidates[random(candidates.length)]!
    return { buffer, description: `${field.kind} of ${field.name} at ${field.at}: ${write(buffer, field, random)}` }
  }

function write(buffer: Buffer, field: Field, random: Random): string {
  if (field.kind === 'text') {
    const at = field.at + random(field.bytes)
    buffer[at] = random(256)
    return `byte ${at} is ${buffer[at]}`
  }
  if (field.kind === 'float') {
    const value = nastyFloats[random(nastyFloats.length)]!
    if (field.bytes === 8) buffer.writeDoubleLE(value, field.at)
    else buffer.writeFloatLE(value, field.at)
    return String(value)
  }
  const bits = field.bytes * 8
  const old = readInteger(buffer, field)
  const near = old + BigInt(random(5) - 2)
  const number = random(3) === 0 ? near : random(4) === 0 ? old * 2n : nasty[random(nasty.length)]!
  const value = field.kind === 'type' ? BigInt(random(MAX_TYPE)) : number
  const stored = BigInt.asUintN(bits, value)
  for (let i = 0; i < field.bytes; i++) buffer[field.at + i] = Number((stored >> BigInt(8 * i)) & 0xffn)
  return `${old} became ${stored}`
}

function readInteger(buffer: Buffer, field: Field): bigint {
  let value = 0n
  for (let i = field.bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(buffer[field.at + i]!)
  return value
}

const flipBits: Change = (buffer, map, random) => {
  const places: number[] = []
  for (let i = 1 + random(4); i > 0; i--) {
    const at = random(map.headerBytes)
    buffer[at] = buffer[at]! ^ (1 << random(8))
    places.push(at)
  }
  return { buffer, description: `bits flipped at ${places.join(', ')}` }
}

const truncate: Change = (buffer, map, random) => {
  const length = random(random(2) === 0 ? map.headerBytes : buffer.length)
  return { buffer: Buffer.from(buffer.subarray(0, length)), description: `cut to ${length} bytes` }
}

const repeatEntry: Change = (buffer, map, random) => {
  const { at, bytes } = map.entries[random(map.entries.length)]!
  const count = map.fields.find((field) => field.kind === 'count' && field.name === 'entries')!
  const longer = Buffer.concat([buffer.subarray(0, at + bytes), buffer.subarray(at)])
  longer.writeBigUInt64LE(longer.readBigUInt64LE(count.at) + 1n, count.at)
  return { buffer: longer, description: `the entry at ${at} is there twice` }
}

const overwriteWeights: Change = (buffer, map, random) => {
  const at = map.headerBytes + random(buffer.length - map.headerBytes)
  const end = Math.min(buffer.length, at + 1 + random(4096))
  for (let i = at; i < end; i++) buffer[i] = random(256)
  return { buffer, description: `random weights from ${at} to ${end}` }
}

const changes: readonly Change[] = [
  rewrite('count'),
  rewrite('length'),
  rewrite('type'),
  rewrite('dimension'),
  rewrite('offset'),
  rewrite('integer'),
  rewrite('integer'),
  rewrite('float'),
  rewrite('text'),
  flipBits,
  flipBits,
  truncate,
  repeatEntry,
  overwriteWeights,
]
