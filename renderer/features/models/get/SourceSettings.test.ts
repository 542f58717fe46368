import { expect, test } from 'vitest'
import { machineText } from './DownloadAction.tsx'
import { moved, toggled } from './SourceSettings.tsx'

test('a source is taken out, and comes back at the end', () => {
  expect(toggled(['huggingface', 'modelscope'], 'huggingface')).toEqual(['modelscope'])
  expect(toggled(['modelscope'], 'mirror')).toEqual(['modelscope', 'mirror'])
})

test('a source is asked earlier or later, and stays at the ends', () => {
  expect(moved(['huggingface', 'mirror', 'modelscope'], 'mirror', -1)).toEqual(['mirror', 'huggingface', 'modelscope'])
  expect(moved(['huggingface', 'mirror', 'modelscope'], 'mirror', 1)).toEqual(['huggingface', 'modelscope', 'mirror'])
  expect(moved(['huggingface', 'mirror'], 'huggingface', -1)).toEqual(['huggingface', 'mirror'])
  expect(moved(['huggingface'], 'mirror', 1)).toEqual(['huggingface'])
})

test('what the computer has is written in a line', () => {
  const machine = {
    cpu: 'x',
    cores: 2,
    memoryBytes: 24e9,
    freeMemoryBytes: 1,
    gpus: [],
    modelsFolder: '/',
    freeDiskBytes: 1.2e11,
  }
  expect(machineText(machine)).toBe('2 cores, 24 GB of memory, no graphics card. 120 GB free on the disk.')
  const card = { name: 'RTX 4070', memoryBytes: 12e9, freeBytes: 1, isShared: false }
  expect(machineText({ ...machine, cores: 1, gpus: [card] })).toBe(
    '1 core, 24 GB of memory, RTX 4070 with 12 GB. 120 GB free on the disk.',
  )
})
