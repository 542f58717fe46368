import type { Diagnostics } from '#contract'

/** The whole of it as plain text, as it is copied into a report of a fault. */
export function diagnosticsText({ sections, errors, log }: Diagnostics): string {
  const blocks = sections.map(({ title, rows }) => [title, ...rows.map(({ name, value }) => `  ${name}: ${value}`)])
  const errorBlock = ['Last errors', ...(errors.length > 0 ? errors.map((line) => `  ${line}`) : ['  none'])]
  return [...blocks, errorBlock, ['Log', ...log.map((line) => `  ${line}`)]]
    .map((block) => block.join('\n'))
    .join('\n\n')
}
