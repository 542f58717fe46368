import { expect, test } from 'vitest'
import { copyForms } from './copyForms.ts'

const TABLE = '# Prices\n\n**Two** of them:\n\n| Item | Price |\n| --- | --- |\n| Tea | 3.5 |\n| =SUM(A1) | 1 |\n'

test('an answer is copied as Markdown, without the tokens of places, and as the words alone', () => {
  const said = 'There is <|object_ref_start|>a **cat**<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|>.'
  expect(copyForms(said, false)).toEqual({ markdown: 'There is a **cat**.', text: 'There is a cat.', tables: null })
})

test('its tables are HTML and CSV, in which a cell is no formula and a number is one', () => {
  const { tables, text } = copyForms(TABLE, false)
  expect(text).toBe('Prices\n\nTwo of them:\n\nItem\tPrice\nTea\t3.5\n=SUM(A1)\t1')
  expect(tables!.csv).toBe("Item,Price\r\nTea,3.5\r\n'=SUM(A1),1\r\n")
  expect(tables!.html).toMatch(/^<table>[^]*<th>Item<\/th>[^]*<td>Tea<\/td>[^]*<\/table>$/)
})

test('what is held to a form is a table where it reads as one', () => {
  const said = '[{"name":"a<b","count":2},{"name":"c","count":1}]'
  expect(copyForms(said, true).tables).toEqual({
    html: '<table><tr><th>name</th><th>count</th></tr><tr><td>a&lt;b</td><td>2</td></tr><tr><td>c</td><td>1</td></tr></table>',
    csv: 'name,count\r\na<b,2\r\nc,1\r\n',
  })
  expect(copyForms('{"a":{"b":{"c":[1,{"d":2}]}}}', true).tables).toBeNull()
})
