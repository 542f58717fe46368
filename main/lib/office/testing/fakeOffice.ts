import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program in LibreOffice's place. */
export interface FakeOffice {
  /** What it was called with, one call after the other. */
  calls(): string[][]
  /** The settings that it found in its profile. */
  settings(): string
  /** PATH with it before anything else. */
  readonly path: string
}

/**
 * Puts a `soffice` into `folder` that writes `pdf` where LibreOffice would write what it makes, or with null nothing, as that does
 * with what it cannot read; `waits`: for ever, in a process that it starts. For systems with a shell.
 */
export function fakeOffice(folder: string, pdf: Uint8Array | null, { waits = false } = {}): FakeOffice {
  const place = join(folder, 'office')
  mkdirSync(place, { recursive: true })
  const [made, calls, settings] = ['made.pdf', 'calls', 'settings'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ]
  if (pdf) writeFileSync(made, pdf)
  writeFileSync(calls, '')
  const program = join(place, 'soffice')
  const lines = [
    '#!/bin/sh',
    `printf '%s\\n' "$@" '' >> '${calls}'`,
    'for word; do case "$before" in --outdir) out=$word;; esac; case "$word" in -env:*) profile=$word;; esac; before=$word; done',
    `cp "\${profile#-env:UserInstallation=file://}/user/registrymodifications.xcu" '${settings}'`,
    ...(waits ? [`sleep 600 & echo $! > '${join(place, 'child')}'; wait`] : []),
    'mkdir -p "$out"',
    ...(pdf ? [`cp '${made}' "$out/document.pdf"`] : []),
  ]
  writeFileSync(program, `${lines.join('\n')}\n`)
  chmodSync(program, 0o700)
  return {
    path: `${place}${delimiter}${process.env['PATH'] ?? ''}`,
    settings: () => readFileSync(settings, 'utf8'),
    calls: () =>
      readFileSync(calls, 'utf8')
        .split('\n\n')
        .filter(Boolean)
        .map((call) => call.split('\n')),
  }
}
