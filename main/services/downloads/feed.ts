import type { Download } from '#contract'
import { Emitter, eventStream } from '../../lib/events.ts'
import type { EventSink, EventStream } from '../../lib/events.ts'

/** Ms between two lists, and between those that only tell another speed. */
const SHORTEST = 250
const IDLE = 1000

/** Tells readers the list of jobs as it changes. */
export interface Feed {
  watch(signal?: AbortSignal): EventStream<Download[]>
  /** Something changed; it is told with what else changes in the next while, or at once. */
  changed(when?: 'at once'): void
  /** Ends all streams. */
  close(): void
}

/** `isActive`: whether the list changes by itself, as speeds do. */
export function createFeed(list: () => Download[], isActive: () => boolean): Feed {
  const lists = new Emitter<Download[]>()
  const sinks = new Set<EventSink<Download[]>>()
  let timer: { at: number; handle: NodeJS.Timeout } | null = null
  let sentAt = -Infinity

  const send = () => {
    if (timer) clearTimeout(timer.handle)
    timer = null
    sentAt = performance.now()
    lists.emit(list())
    if (sinks.size > 0 && isActive()) sendAt(sentAt + IDLE)
  }
  const sendAt = (at: number) => {
    if (timer && timer.at <= at) return
    if (timer) clearTimeout(timer.handle)
    timer = { at, handle: setTimeout(send, Math.max(0, at - performance.now())).unref() }
  }

  return {
    watch: (signal) =>
      eventStream(
        (sink) => {
          sink.push(list())
          sinks.add(sink)
          const off = lists.on((jobs) => sink.push(jobs))
          return () => {
            off()
            sinks.delete(sink)
          }
        },
        { signal },
      ),
    changed(when) {
      if (sinks.size === 0) return
      if (when === 'at once') send()
      else sendAt(sentAt + SHORTEST)
    },
    close() {
      if (timer) clearTimeout(timer.handle)
      for (const sink of [...sinks]) sink.end()
    },
  }
}
