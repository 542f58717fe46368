/** What the name of a GGUF file says. `quantization` is normalized, e.g. "Q4_K_M"; null when the name tells none. */
export interface FileName {
  /** `other`: statistics that quantizers leave beside models. */
  readonly role: 'text' | 'projector' | 'adapter' | 'other'
  readonly quantization: string | null
  /** Place in a model of several files, as gguf-split names them; null for one in a single file. */
  readonly part: { readonly index: number; readonly count: number } | null
  /** The path without the part's number: equal for all parts of one model. */
  readonly group: string
}

const INTEGERS = 'IQ[1-4]_(?:XXS|XS|NL|S|M)|Q[1-8]_K(?:_(?:XS|XL|S|M|L))?|Q[1-8]_[01]|TQ[12]_0'
const QUANTIZATION = `(?:UD-)?(?:${INTEGERS}|MXFP4|NVFP4|BF16|FP?(?:16|32))`
const AT_END = new RegExp(`(?:^|[-._])(${QUANTIZATION})$`, 'i')
const ANYWHERE = new RegExp(`(?:^|[-._])(${QUANTIZATION})(?=[-._]|$)`, 'i')
const PART = /-(\d{5})-of-(\d{5})$/
const PROJECTOR = /(?:^|[-._])mmproj(?:[-._]|$)|[-._]vision(?:-encoder)?$/i
const ADAPTER = /(?:^|[-._])(?:lora|adapter|control-?vector)(?:[-._]|$)/i
const STATISTICS = /(?:^|[-._])imatrix(?:[-._]|$)/i

/**
 * Reads the path of a file in a repository, e.g. "Q8_0/Qwen2-VL-72B-Instruct-Q8_0-00001-of-00003.gguf"; null when it is no
 * GGUF file. A text model's quantization is the last part of its name, else that of its folder; what comes elsewhere may
 * tell of some of its tensors only. A projector's may be anywhere in its name.
 */
export function parseFileName(path: string): FileName | null {
  if (!/\.gguf$/i.test(path)) return null
  const segments = path.slice(0, -'.gguf'.length).split('/')
  const name = segments.at(-1) ?? ''
  const numbers = PART.exec(name)
  const stem = numbers ? name.slice(0, numbers.index) : name
  const role = PROJECTOR.test(stem)
    ? 'projector'
    : STATISTICS.test(stem)
      ? 'other'
      : ADAPTER.test(stem)
        ? 'adapter'
        : 'text'
  const found = role === 'projector' ? ANYWHERE.exec(stem) : (AT_END.exec(stem) ?? AT_END.exec(segments.at(-2) ?? ''))
  return {
    role,
    quantization: found?.[1] ? normalized(found[1]) : null,
    part: numbers ? { index: Number(numbers[1]), count: Number(numbers[2]) } : null,
    group: [...segments.slice(0, -1), stem].join('/'),
  }
}

/** Upper case; FP16 and FP32 are other words for F16 and F32. */
const normalized = (name: string): string => name.toUpperCase().replace(/^FP(16|32)$/, 'F$1')
