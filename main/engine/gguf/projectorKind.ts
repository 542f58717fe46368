import { basename } from 'node:path'
import { AppError } from '#contract'
import type { ModelFamily } from '#contract'
import { familyById, familyLabel, familyOfProjector, isModelFamily, runningFamilies } from '../../lib/families/index.ts'
import { Fields } from './fields.ts'
import type { GgufHeader } from './header.ts'
import { printable, unsupported } from './problems.ts'

const MAX_NAME = 80
const ADVICE = `Choose the projector of a ${runningFamilies} model.`
/** Flags of projectors from before there was a projector type, and the type that they stand for. */
const flags: readonly (readonly [string, string])[] = [
  ['clip.has_qwen2vl_merger', 'qwen2vl_merger'],
  ['clip.has_minicpmv_projector', 'resampler'],
  ['clip.has_glm_projector', 'adapter'],
  ['clip.has_llava_projector', 'mlp'],
]

/** Whose projector it is. */
export interface ProjectorKind {
  /** Id of the family that it belongs to. */
  readonly family: string
  /** The family whose tower it has. */
  readonly tower: ModelFamily
}

/** Id of the family that a projector belongs to, also of one that does not run; a type that no row has stays as it is. */
export function projectorFamily(header: GgufHeader): string | null {
  const fields = new Fields(header)
  const type = fields.text('clip.vision.projector_type') ?? fields.text('clip.projector_type') ?? flagged(header)
  const sound = fields.text('clip.audio.projector_type')
  const named = type ?? sound
  if (named === null) return null
  const { id } = familyOfProjector(named) ?? { id: printable(named, MAX_NAME) }
  // the fork of spring 2025 and its like called their Qwen2.5-VL projectors Qwen2-VL ones
  return id === 'qwen2vl' && isQwen25(header) ? 'qwen25vl' : id
}

/**
 * Whose projector it is, of those that run. @throws AppError ProjectorMismatch when it is a language model, UnsupportedModel
 * for a projector of another family and for the unfinished conversion of February 2025.
 */
export function projectorKind(header: GgufHeader): ProjectorKind {
  const { path } = header
  const fields = new Fields(header)
  const architecture = fields.text('general.architecture')
  if (architecture === null) throw unsupported(path, `does not say what kind of model it is. ${ADVICE}`)
  if (architecture !== 'clip')
    throw new AppError(
      'ProjectorMismatch',
      `${basename(path)} is a language model (${printable(architecture, MAX_NAME)}), not a projector. ` +
        'The two files may be swapped: choose the file whose name has "mmproj" as the projector.',
      { path },
    )
  const family = projectorFamily(header)
  const label = family === null ? 'an unknown family' : familyLabel(family)
  if (!fields.bool('clip.has_vision_encoder', false))
    throw unsupported(
      path,
      `has no vision part${family === null ? '' : `, it is that for the sound of ${label}`}. ${ADVICE}`,
    )
  const tower = family === null ? undefined : (familyById(family)?.towerOf ?? family)
  if (family === null || tower === undefined || !isModelFamily(tower))
    throw unsupported(
      path,
      `is the projector of ${label}, which is not supported${familyById(family ?? '') ? ' yet' : ''}. ${ADVICE}`,
    )
  if (family === 'qwen25vl' && isUnfinished(header))
    throw unsupported(
      path,
      'is an unfinished conversion of a Qwen2.5-VL projector, as a tool of February 2025 made them: it has lost which of its blocks ' +
        'look at the whole picture. Choose another conversion of the projector.',
    )
  return { family, tower }
}

/** A tower with root-mean-square norms (they have no bias) and gated feed-forward. */
function isQwen25(header: GgufHeader): boolean {
  const { tensors } = header
  return (
    new Fields(header).flag('clip.use_rms_norm') ||
    (tensors.has('v.blk.0.ffn_gate.weight') && !tensors.has('v.blk.0.ln1.bias'))
  )
}

/** The tool of Independent-AI-Labs left its last norm under another name, and no pattern of attention. */
function isUnfinished(header: GgufHeader): boolean {
  const fields = new Fields(header)
  return fields.has('clip.is_qwen2_5') || header.tensors.has('merger.ln_q.weight')
}

function flagged(header: GgufHeader): string | null {
  const fields = new Fields(header)
  return flags.find(([key]) => fields.flag(key))?.[1] ?? null
}
