/** A page of WebAssembly's memory, in bytes. */
const PAGE = 65_536
const HEADER = 8
/** The section of a module that says how much memory it has (WebAssembly Core Specification, 5.5.8). */
const MEMORY_SECTION = 5

/**
 * A module of WebAssembly whose own memory may grow to `bytes` at most. Throws where the module has not just one memory of its own.
 */
export function limitMemory(module: Buffer, bytes: number): Buffer {
  for (let at = HEADER; at < module.length; ) {
    const id = module[at]!
    const { value: length, end: start } = readNumber(module, at + 1)
    if (id === MEMORY_SECTION) {
      const { value: count, end } = readNumber(module, start)
      // bit 0: there is a maximum already; any other: memory that is shared or of 64 bits
      if (count !== 1 || module[end]! > 1) break
      const { value: least } = readNumber(module, end + 1)
      const limits = Buffer.from([1, 1, ...writeNumber(least), ...writeNumber(Math.floor(bytes / PAGE))])
      const section = Buffer.from([MEMORY_SECTION, ...writeNumber(limits.length), ...limits])
      return Buffer.concat([module.subarray(0, at), section, module.subarray(start + length)])
    }
    at = start + length
  }
  throw new Error('This module of WebAssembly cannot be limited in its memory.')
}

/** A whole number in LEB128, and where the next byte is. */
function readNumber(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let shift = 0; ; shift += 7, at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * 2 ** shift
    if (byte < 128) return { value, end: at + 1 }
  }
}

function writeNumber(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...writeNumber(Math.floor(value / 128))]
}
