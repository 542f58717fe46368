import type { ConversationEvent, Progress } from '#contract'
import type { EventSink } from '../../lib/events.ts'

type Unnumbered<T> = T extends unknown ? Omit<T, 'seq'> : never

/** Sequence number and readers of one conversation, kept while it has readers. */
interface Line {
  seq: number
  readonly sinks: Set<EventSink<ConversationEvent>>
}

/** Numbers the events of each conversation and hands them to its readers; remembers the progress of running answers. */
export class ConversationFeed {
  private readonly lines = new Map<string, Line>()
  private readonly running = new Map<string, Progress>()

  /** Gives `sink` a first event that carries the present number, then every later event. Returns how to leave. */
  join(conversationId: string, sink: EventSink<ConversationEvent>, first: Unnumbered<ConversationEvent>): () => void {
    const line = this.lines.get(conversationId) ?? { seq: 0, sinks: new Set() }
    this.lines.set(conversationId, line)
    line.sinks.add(sink)
    sink.push({ ...first, seq: line.seq })
    return () => {
      line.sinks.delete(sink)
      if (line.sinks.size === 0 && this.lines.get(conversationId) === line) this.lines.delete(conversationId)
    }
  }

  hasReaders(conversationId: string): boolean {
    return this.lines.has(conversationId)
  }

  publish(conversationId: string, event: Unnumbered<ConversationEvent>): void {
    const line = this.lines.get(conversationId)
    if (!line) return
    line.seq++
    for (const sink of [...line.sinks]) sink.push({ ...event, seq: line.seq })
  }

  /** The last event of a conversation: its readers' streams end after it. */
  close(conversationId: string, event: Unnumbered<ConversationEvent>): void {
    const sinks = [...(this.lines.get(conversationId)?.sinks ?? [])]
    this.publish(conversationId, event)
    for (const sink of sinks) sink.end()
  }

  /** Ends the streams of a conversation's readers, who watch again and take a new snapshot. */
  disconnect(conversationId: string): void {
    for (const sink of [...(this.lines.get(conversationId)?.sinks ?? [])]) sink.end()
  }

  setProgress(messageId: string, progress: Progress | null): void {
    if (progress) this.running.set(messageId, progress)
    else this.running.delete(messageId)
  }

  progressOf(messageIds: Iterable<string>): Record<string, Progress> {
    const found: Record<string, Progress> = {}
    for (const id of messageIds) {
      const progress = this.running.get(id)
      if (progress) found[id] = progress
    }
    return found
  }
}
