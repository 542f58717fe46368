import type { GgufHeader } from './header.ts'
import { fileTypeName, tensorTypes } from './tensorTypes.ts'

const typeNames: ReadonlySet<string> = new Set([...tensorTypes.values()].map(({ name }) => name))

/**
 * The name of how a file's weights are stored, e.g. "Q4_K_M": from `general.file_type`, else the type that most of the
 * numbers of its matrices have. The first is passed over where no tensor has the type that it names:
 * llama-llava-clip-quantize-cli wrote the number of a tensor type there (7 for Q5_1, which elsewhere is Q8_0).
 */
export function quantizationOf(header: GgufHeader): string {
  const entry = header.metadata.get('general.file_type')
  const named = entry?.kind === 'scalar' && typeof entry.value === 'number' ? fileTypeName(entry.value) : null
  const tensors = [...header.tensors.values()]
  if (named !== null && (!typeNames.has(named) || tensors.some(({ type }) => type.name === named))) return named
  const matrices = tensors.filter(({ dims }) => dims.length === 2)
  const numbers = new Map<string, number>()
  for (const { type, dims } of matrices.length > 0 ? matrices : tensors)
    numbers.set(type.name, (numbers.get(type.name) ?? 0) + dims.reduce((product, dim) => product * dim, 1))
  return [...numbers].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0] as const)[0]
}
