import type { BenchmarkResult, BenchmarkRow } from '#contract'

/** A file: its name and what is in it. */
export interface ExportedResult {
  readonly name: string
  readonly text: string
}

const COLUMNS = [
  'measured',
  'input_tokens',
  'prompt_tokens',
  'generated_tokens',
  'prefill_tokens_per_second',
  'tokens_per_second',
  'picture_pixels',
  'picture_tokens',
  'encode_ms',
  'memory_bytes',
  'gpu_bytes',
  'quantization',
  'gpus',
  'machine',
  'note',
] as const
type Line = Partial<Record<(typeof COLUMNS)[number], string | number | null>>

/** A result for a spreadsheet (one line for each row and each published figure beside it) or as JSON. */
export function exportResult(result: BenchmarkResult, format: 'json' | 'csv'): ExportedResult {
  const day = new Date(result.startedAt).toISOString().slice(0, 10)
  const name = `${result.modelName.replace(/[^\w.]+/g, '-').replace(/^-|-$/g, '')}-${day}.${format}`
  if (format === 'json') return { name, text: `${JSON.stringify(result, null, 2)}\n` }
  const lines = result.rows.flatMap((row) => linesOf(row, result))
  const text = [COLUMNS, ...lines.map((line) => COLUMNS.map((column) => line[column] ?? ''))]
    .map((cells) => cells.map(cell).join(','))
    .join('\r\n')
  return { name, text: `${text}\r\n` }
}

function linesOf(row: BenchmarkRow, { quantization, machine, published }: BenchmarkResult): Line[] {
  const here = { quantization, machine: [machine.cpu, machine.backend].filter(Boolean).join(', ') }
  switch (row.kind) {
    case 'skipped':
      return [{ measured: row.what, ...here, note: row.reason }]
    case 'picture':
      return [
        {
          measured: 'picture',
          picture_pixels: row.side ** 2,
          picture_tokens: row.pictureTokens,
          encode_ms: row.encodeMs,
          memory_bytes: row.memoryBytes,
          gpu_bytes: row.gpuBytes,
          ...here,
        },
      ]
    case 'text':
      return [
        {
          measured: 'text',
          input_tokens: row.inputTokens,
          prompt_tokens: row.promptTokens,
          generated_tokens: row.generatedTokens,
          prefill_tokens_per_second: row.prefillTokensPerSecond,
          tokens_per_second: row.tokensPerSecond,
          memory_bytes: row.memoryBytes,
          gpu_bytes: row.gpuBytes,
          ...here,
        },
        ...row.published.map(
          (one): Line => ({
            measured: 'published',
            input_tokens: row.inputTokens,
            tokens_per_second: one.tokensPerSecond,
            gpu_bytes: one.memoryBytes,
            quantization: one.quantization,
            gpus: one.gpus,
            machine: published?.environment ?? null,
            note: published?.url ?? null,
          }),
        ),
      ]
  }
}

/** A cell of a CSV file (RFC 4180); text that a spreadsheet would compute is made text. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
