/** How a ggml type stores numbers: `blockElements` numbers in `blockBytes` bytes. */
export interface TensorType {
  readonly id: number
  readonly name: string
  readonly blockElements: number
  readonly blockBytes: number
  /** Whether a matrix of this type can be multiplied; the others are only for intermediate results. */
  readonly isWeight: boolean
}

const type = (
  id: number,
  name: string,
  blockElements: number,
  blockBytes: number,
  isWeight = true,
): [number, TensorType] => [id, { id, name, blockElements, blockBytes, isWeight }]

/** Every tensor type of llama.cpp v0.4 and v0.5 by its number, as `ggml_blck_size` and `ggml_type_size` give them. */
export const tensorTypes: ReadonlyMap<number, TensorType> = new Map([
  type(0, 'F32', 1, 4),
  type(1, 'F16', 1, 2),
  type(2, 'Q4_0', 32, 18),
  type(3, 'Q4_1', 32, 20),
  type(6, 'Q5_0', 32, 22),
  type(7, 'Q5_1', 32, 24),
  type(8, 'Q8_0', 32, 34),
  type(9, 'Q8_1', 32, 36, false),
  type(10, 'Q2_K', 256, 84),
  type(11, 'Q3_K', 256, 110),
  type(12, 'Q4_K', 256, 144),
  type(13, 'Q5_K', 256, 176),
  type(14, 'Q6_K', 256, 210),
  type(15, 'Q8_K', 256, 292, false),
  type(16, 'IQ2_XXS', 256, 66),
  type(17, 'IQ2_XS', 256, 74),
  type(18, 'IQ3_XXS', 256, 98),
  type(19, 'IQ1_S', 256, 50),
  type(20, 'IQ4_NL', 32, 18),
  type(21, 'IQ3_S', 256, 110),
  type(22, 'IQ2_S', 256, 82),
  type(23, 'IQ4_XS', 256, 136),
  type(24, 'I8', 1, 1, false),
  type(25, 'I16', 1, 2, false),
  type(26, 'I32', 1, 4, false),
  type(27, 'I64', 1, 8, false),
  type(28, 'F64', 1, 8, false),
  type(29, 'IQ1_M', 256, 56),
  type(30, 'BF16', 1, 2),
  type(34, 'TQ1_0', 256, 54),
  type(35, 'TQ2_0', 256, 66),
  type(39, 'MXFP4', 32, 17),
  type(40, 'NVFP4', 64, 36),
  type(41, 'Q1_0', 128, 18),
  type(42, 'Q2_0', 64, 18),
])

/** Types that llama.cpp once had and no longer reads: rounding and repacked variants. */
export const removedTensorTypes: ReadonlySet<number> = new Set([4, 5, 31, 32, 33, 36, 37, 38])

const fileTypes: ReadonlyMap<number, string> = new Map(
  Object.entries({
    0: 'F32',
    1: 'F16',
    2: 'Q4_0',
    3: 'Q4_1',
    7: 'Q8_0',
    8: 'Q5_0',
    9: 'Q5_1',
    10: 'Q2_K',
    11: 'Q3_K_S',
    12: 'Q3_K_M',
    13: 'Q3_K_L',
    14: 'Q4_K_S',
    15: 'Q4_K_M',
    16: 'Q5_K_S',
    17: 'Q5_K_M',
    18: 'Q6_K',
    19: 'IQ2_XXS',
    20: 'IQ2_XS',
    21: 'Q2_K_S',
    22: 'IQ3_XS',
    23: 'IQ3_XXS',
    24: 'IQ1_S',
    25: 'IQ4_NL',
    26: 'IQ3_S',
    27: 'IQ3_M',
    28: 'IQ2_S',
    29: 'IQ2_M',
    30: 'IQ4_XS',
    31: 'IQ1_M',
    32: 'BF16',
    36: 'TQ1_0',
    37: 'TQ2_0',
    38: 'MXFP4',
    39: 'NVFP4',
    40: 'Q1_0',
    41: 'Q2_0',
  }).map(([id, name]) => [Number(id), name]),
)

/** The name of a `general.file_type` value (llama.cpp's `llama_ftype`), e.g. "Q4_K_M"; null when unknown. */
export function fileTypeName(id: number): string | null {
  return fileTypes.get(id) ?? null
}
