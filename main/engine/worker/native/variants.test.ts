import { describe, expect, test } from 'vitest'
import { candidates, gpuVariants, packageName } from './variants.ts'

describe('variants of a platform', () => {
  test.each([
    ['linux', 'x64', ['cuda', 'vulkan']],
    ['win32', 'x64', ['cuda', 'vulkan']],
    ['darwin', 'arm64', ['metal']],
    ['darwin', 'x64', []],
    ['linux', 'arm64', []],
    ['win32', 'arm64', []],
  ] as const)('%s %s: %j', (platform, arch, expected) => {
    expect(gpuVariants(platform, arch)).toEqual(expected)
  })

  test.each([
    [null, 'linux', 'x64', 'linux-x64'],
    ['cuda', 'linux', 'x64', 'linux-x64-cuda'],
    ['vulkan', 'win32', 'x64', 'win-x64-vulkan'],
    [null, 'linux', 'arm', 'linux-armv7l'],
    [null, 'darwin', 'x64', 'mac-x64'],
    ['metal', 'darwin', 'arm64', 'mac-arm64-metal'],
    [null, 'darwin', 'arm64', 'mac-arm64-metal'],
  ] as const)('%s on %s %s lies in %s', (variant, platform, arch, name) => {
    expect(packageName(variant, platform, arch)).toBe(name)
  })
})

describe('what is tried', () => {
  const crashed = { variant: 'cuda', reason: 'it ended the process' } as const

  test('all of the platform, without those that failed before', () => {
    expect(candidates('auto', [], 'linux', 'x64')).toEqual({ try: ['cuda', 'vulkan'], reasons: [] })
    expect(candidates('auto', [crashed], 'linux', 'x64')).toEqual({
      try: ['vulkan'],
      reasons: ['CUDA: it ended the process'],
    })
  })

  test('only the chosen one, and nothing that the platform does not have', () => {
    expect(candidates('vulkan', [crashed], 'linux', 'x64')).toEqual({ try: ['vulkan'], reasons: [] })
    expect(candidates('cuda', [crashed], 'linux', 'x64')).toEqual({ try: [], reasons: ['CUDA: it ended the process'] })
    expect(candidates('cpu', [], 'linux', 'x64').try).toEqual([])
    expect(candidates('metal', [], 'linux', 'x64')).toEqual({
      try: [],
      reasons: [expect.stringMatching(/Metal does not exist/)],
    })
    expect(candidates('auto', [], 'linux', 'arm64')).toEqual({
      try: [],
      reasons: [expect.stringMatching(/no GPU libraries/)],
    })
  })
})
