import { Fields } from './fields.ts'
import type { GgufHeader } from './header.ts'
import { fileTypeName } from './tensorTypes.ts'

/**
 * The name of how a file's weights are stored, e.g. "Q4_K_M": from `general.file_type`, else the type that most of the
 * bytes have. @throws AppError ModelDamaged when the entry is of another type.
 */
export function quantizationOf(header: GgufHeader): string {
  const fields = new Fields(header)
  const named = fields.has('general.file_type') ? fileTypeName(fields.u32('general.file_type')) : null
  if (named) return named
  const bytes = new Map<string, number>()
  for (const { type, bytes: size } of header.tensors.values()) bytes.set(type.name, (bytes.get(type.name) ?? 0) + size)
  return [...bytes].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0]
}
