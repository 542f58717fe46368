import { expect, test } from 'vitest'
import { diagnosticsText } from './DiagnosticsDialog.tsx'

test('what is copied holds every section, the errors and the log', () => {
  const sections = [
    { title: 'App', rows: [{ name: 'Node', value: '24.1.0' }] },
    { title: 'Data', rows: [{ name: 'Log', value: '3 kB in 2 files' }] },
  ]
  const text = diagnosticsText({ sections, errors: [], log: ['t info core a', 't warn core b'], logFolder: '~/logs' })
  expect(text).toBe(
    'App\n  Node: 24.1.0\n\nData\n  Log: 3 kB in 2 files\n\nLast errors\n  none\n\nLog\n  t info core a\n  t warn core b',
  )
  expect(diagnosticsText({ sections: [], errors: ['t warn core b'], log: [], logFolder: '' })).toContain(
    'Last errors\n  t warn core b',
  )
})
