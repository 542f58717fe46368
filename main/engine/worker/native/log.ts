const WARN = 3
const ERROR = 4
const KEPT = 300

/** The last lines that llama.cpp and ggml logged. */
export class NativeLog {
  private readonly lines: { level: number; text: string }[] = []
  private readonly onProblem: (level: 'warn' | 'error', text: string) => void

  /** `onProblem` hears of every warning and error as it is logged; what continues it on the same line is left out. */
  constructor(onProblem: (level: 'warn' | 'error', text: string) => void = () => {}) {
    this.onProblem = onProblem
  }

  /** `level` as in `ggml_log_level`; 5 continues the line before. */
  add(level: number, text: string): void {
    const last = this.lines.at(-1)
    if (level === 5 && last) last.text += text
    else this.lines.push({ level, text })
    if (this.lines.length > KEPT) this.lines.shift()
    if (level === WARN || level === ERROR) this.onProblem(level === WARN ? 'warn' : 'error', text)
  }

  clear(): void {
    this.lines.length = 0
  }

  text(): string {
    return this.lines.map((line) => line.text).join('')
  }

  /** The first error since `clear`, which names the cause of those after it, or the last warning; empty when there was none. */
  reason(): string {
    const found = this.lines.find((line) => line.level === ERROR) ?? this.lines.findLast((line) => line.level === WARN)
    return found?.text.trim() ?? ''
  }
}
