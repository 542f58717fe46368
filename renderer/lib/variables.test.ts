import { expect, test } from 'vitest'
import { filledIn, variablesIn } from './variables.ts'

test('variables are told by their braces, in their order, each once', () => {
  expect(variablesIn('Find {{thing}} in {{ a place }}', '{{thing}} {{größe-2}}')).toEqual([
    'thing',
    'a place',
    'größe-2',
  ])
  for (const other of ['{thing}', '{{}}', '{{ }}', '{{-a}}', '{{a\nb}}', '\\frac{{+}}{b}', `{{${'a'.repeat(41)}}}`])
    expect(variablesIn(other)).toEqual([])
})

test('values are put in as they are, and what has none stays', () => {
  expect(filledIn('{{a}} {{ b }} {{c}} {{toString}}', { a: '{{b}} $&', b: '' })).toBe('{{b}} $&  {{c}} {{toString}}')
})
