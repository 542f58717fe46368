import { Fields } from './fields.ts'
import type { GgufHeader } from './header.ts'
import { printable } from './problems.ts'
import { areHalvesExchanged } from './projectorTensors.ts'
import { quantizationOf } from './quantization.ts'
import { fileTypeName } from './tensorTypes.ts'

const MAX_NAME = 80

/** The tool that made a file and when it did, as far as its header shows; null when it does not. */
export function converterOf(header: GgufHeader): string | null {
  const fields = new Fields(header)
  const architecture = fields.text('general.architecture')
  if (fields.text('general.type') === 'adapter') return 'convert_lora_to_gguf.py'
  return architecture === 'clip' ? projectorConverter(header, fields) : textConverter(header, fields, architecture)
}

function projectorConverter(header: GgufHeader, fields: Fields): string | null {
  if (fields.has('clip.is_qwen2_5') || header.tensors.has('merger.ln_q.weight'))
    return 'qwen2_5_vl_surgery.py of Independent-AI-Labs, February 2025'
  if (fields.has('clip.vision.fullatt_block_indexes')) return 'the Qwen2.5-VL fork of llama.cpp, February to April 2025'
  if (fields.has('clip.has_qwen2vl_merger')) {
    if (fields.has('clip.vision.n_wa_pattern')) return 'qwen2_vl_surgery.py, from the end of April 2025 on'
    const width = header.tensors.get('v.post_ln.weight')?.dims[0] ?? 0
    const when = areHalvesExchanged(header, width) ? 'December 2024 to April 2025' : 'before May 2025'
    return `qwen2_vl_surgery.py, ${when}${wasQuantizedByClip(header, fields) ? ', and llama-llava-clip-quantize-cli' : ''}`
  }
  if (fields.has('clip.has_llava_projector')) return 'convert_image_encoder_to_gguf.py'
  if (fields.text('general.type') !== 'mmproj' || !fields.has('general.size_label')) return null
  const since = fields.has('clip.vision.projector_type') ? 'late 2025' : 'May 2025'
  return by(fields, `convert_hf_to_gguf.py --mmproj, from ${since} on`)
}

/** That tool writes the number of a tensor type where the others write that of a mixture. */
function wasQuantizedByClip(header: GgufHeader, fields: Fields): boolean {
  const entry = header.metadata.get('general.file_type')
  const named = entry?.kind === 'scalar' && typeof entry.value === 'number' ? fileTypeName(entry.value) : null
  return fields.has('general.quantization_version') && named !== quantizationOf(header)
}

function textConverter({ metadata, tensors }: GgufHeader, fields: Fields, architecture: string | null): string | null {
  if (architecture === 'qwen25vl' || metadata.has(`${architecture}.vision.block_count`)) return 'Ollama'
  const importance = fields.has('quantize.imatrix.file')
    ? ', quantized by llama-quantize with an importance matrix'
    : ''
  if (fields.text('general.type') === 'model' && fields.has('general.size_label'))
    return by(fields, `convert_hf_to_gguf.py, from mid-2024 on${importance}`)
  return tensors.size > 0 && importance !== '' ? `convert_hf_to_gguf.py${importance}` : null
}

function by(fields: Fields, tool: string): string {
  const who = fields.text('general.quantized_by')
  return who === null ? tool : `${tool} (by ${printable(who, MAX_NAME)})`
}
