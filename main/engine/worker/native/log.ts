const WARN = 3
const ERROR = 4
const KEPT = 300

/** The last lines that llama.cpp and ggml logged. */
export class NativeLog {
  private readonly lines: { level: number; text: string }[] = []

  /** `level` as in `ggml_log_level`; 5 continues the line before. */
  add(level: number, text: string): void {
    const last = this.lines.at(-1)
    if (level === 5 && last) last.text += text
    else this.lines.push({ level, text })
    if (this.lines.length > KEPT) this.lines.shift()
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
