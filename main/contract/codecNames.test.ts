import { expect, test } from 'vitest'
import { codecName } from './codecNames.ts'

test('a codec has the name that people know, whichever reader names it, or the file’s own', () => {
  expect(codecName('avc', 'avc1')).toBe('H.264')
  expect([codecName('h264'), codecName('hevc'), codecName('HEVC')]).toEqual(['H.264', 'H.265 (HEVC)', 'H.265 (HEVC)'])
  expect(codecName(null, 'apch')).toBe('ProRes')
  expect([codecName(null, 's263'), codecName('flv1')]).toEqual(['Sorenson Spark', 'Sorenson Spark'])
  expect([codecName('mpeg4'), codecName(null, 'V_MPEG4/ISO/ASP'), codecName(null, 'XVID')]).toEqual([
    'MPEG-4 Part 2',
    'MPEG-4 Part 2',
    'MPEG-4 Part 2 (Xvid)',
  ])
  expect([codecName('theora'), codecName('wmv3'), codecName('mpeg2video')]).toEqual([
    'Theora',
    'Windows Media Video 9',
    'MPEG-2',
  ])
  expect(codecName(null, 'xyz1')).toBe('xyz1')
  expect(codecName(null, null)).toBe('unknown')
})
