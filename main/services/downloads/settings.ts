import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, TransferSettings } from './types.ts'

const MiB = 1024 * 1024

/** Four connections with ranges of 64 MiB; a source that brings nothing is tried for about seven minutes. */
export const defaultTransfer: TransferSettings = {
  connections: 4,
  partBytes: 64 * MiB,
  checkpointBytes: 16 * MiB,
  checkpointMs: 2000,
  stallMs: 30_000,
  tries: 12,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
  longestRetryAfterMs: 60 * 60_000,
  spareBytes: 256 * MiB,
}

export const realClock: Clock = {
  now: Date.now,
  random: Math.random,
  delay: (ms, signal) => delay(ms, undefined, { signal }),
}
