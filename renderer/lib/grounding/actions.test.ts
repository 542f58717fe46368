import { describe, expect, test } from 'vitest'
import { actionMarks, actionWords, findActions, readActions } from './actions.ts'
import type { Action } from './actions.ts'

/** What is found, in short: words and places. */
const inShort = (action: Action) => ({
  words: actionWords(action),
  ...(action.from && { from: [action.from.x, action.from.y] }),
  ...(action.to && { to: [action.to.x, action.to.y] }),
})
const found = (text: string) => findActions(text).map(inShort)
const tool = (fields: object) =>
  `<tool_call>\n${JSON.stringify({ name: 'computer_use', arguments: fields })}\n</tool_call>`

describe('UI-TARS', () => {
  test('tells a click as a call, with its place as such or in tokens', () => {
    for (const place of ['(197,525)', '<|box_start|>(197,525)<|box_end|>', '<point>197 525</point>'])
      expect(found(`Thought: The field is on the left.\nAction: click(start_box='${place}')`)).toEqual([
        { words: 'Click', from: [197, 525] },
      ])
    expect(found("Action: click(point='<point>197 525</point>')")).toEqual([{ words: 'Click', from: [197, 525] }])
    expect(found("Action: left_double(start_box='[10, 20, 30, 60]')")).toEqual([
      { words: 'Double-click', from: [20, 40] },
    ])
    expect(found("Action: right_single(start_box='(1,2)')")).toEqual([{ words: 'Right-click', from: [1, 2] }])
  })

  test('drags from a place to another and scrolls at one', () => {
    expect(found("Action: drag(start_box='(10,20)', end_box='(300,40)')")).toEqual([
      { words: 'Drag', from: [10, 20], to: [300, 40] },
    ])
    expect(
      found("Action: drag(start_box='<|box_start|>(10,20)<|box_end|>', end_box='<|box_start|>(300,40)<|box_end|>')"),
    ).toEqual([{ words: 'Drag', from: [10, 20], to: [300, 40] }])
    expect(found("Action: scroll(start_box='(500,400)', direction='down')")).toEqual([
      { words: 'Scroll down', from: [500, 400] },
    ])
  })

  test('types what stands in quotes, also such as are in it, presses keys, waits and ends', () => {
    expect(found(String.raw`Action: type(content='It\'s 5 o'clock, isn't it?\n')`)).toEqual([
      { words: "Type “It's 5 o'clock, isn't it?”, then Enter" },
    ])
    expect(findActions(String.raw`Action: type(content='a\nb')`)[0]).toMatchObject({ kind: 'type', text: 'a\nb' })
    expect(found("Action: hotkey(key='ctrl c')\n\nwait()\n\nfinished()")).toEqual([
      { words: 'Press ctrl c' },
      { words: 'Wait' },
      { words: 'Done' },
    ])
    expect(found("Action: finished(content='The file is saved.')")).toEqual([{ words: 'Done: The file is saved.' }])
    expect(found('Action: call_user()')).toEqual([{ words: 'Ask its user' }])
  })

  test('is read in parts; a thought that speaks of a call is none', () => {
    const text = "Thought: I could wait() or click.\nThe field comes first.\nAction: click(start_box='(1,2)')"
    expect(readActions(text, false)).toMatchObject({
      thought: 'I could wait() or click.\nThe field comes first.',
      words: '',
      actions: [{ kind: 'click', start: text.indexOf('click(start'), end: text.length }],
    })
    expect(findActions('Thought: I could wait() here')).toEqual([])
    // its prompt shows the form in a block of code
    expect(readActions('```\nThought: There.\nAction: wait()\n```', false)).toMatchObject({
      thought: 'There.',
      words: '',
      actions: [{ kind: 'wait' }],
    })
  })

  test('that is broken or half written is no action; what is whole stays', () => {
    for (const end of ['', 'click', 'click(', 'click(start_box=', "click(start_box='(12", "click(start_box='(12,3)'"]) {
      const text = `Thought: There.\nAction: ${end}`
      expect(findActions(text), end).toEqual([])
      expect(readActions(text, true)).toEqual({ thought: 'There.', words: '', actions: [] })
    }
    expect(found("Action: click(start_box='(12)')\n\nclick(start_box='(3,4)')\n\ntype(content='un")).toEqual([
      { words: 'Click', from: [3, 4] },
    ])
    expect(readActions("Thought: There.\nAction: click(start_box='(12)')", false).words).toBe(
      "Action: click(start_box='(12)')",
    )
  })
})

describe('Fara, and tool calls of its form', () => {
  test('click, type at a place, scroll by pixels, and end', () => {
    expect(found(`I see the search field.\n${tool({ action: 'left_click', coordinate: [312, 88] })}`)).toEqual([
      { words: 'Click', from: [312, 88] },
    ])
    expect(
      found(
        tool({ action: 'type', coordinate: [312, 88], text: 'hello', press_enter: true, delete_existing_text: false }),
      ),
    ).toEqual([{ words: 'Type “hello”', from: [312, 88] }])
    expect(found(tool({ action: 'scroll', coordinate: [5, 6], pixels: -400 }))).toEqual([
      { words: 'Scroll down', from: [5, 6] },
    ])
    expect(found(tool({ action: 'key', keys: ['Control', 'a'] }))).toEqual([{ words: 'Press Control a' }])
    expect(found(tool({ action: 'visit_url', url: 'https://example.org' }))).toEqual([
      { words: 'Open https://example.org' },
    ])
    expect(found(tool({ action: 'terminate', status: 'success' }))).toEqual([{ words: 'Done: success' }])
    expect(found(tool({ action: 'left_click_drag', coordinate: [9, 8] }))).toEqual([{ words: 'Drag', to: [9, 8] }])
    expect(found(tool({ action: 'zoom' }))).toEqual([{ words: 'Action: zoom' }])
  })

  test('its words before the call stay words, and the call none of them', () => {
    const text = `The order is **placed**.\n${tool({ action: 'terminate', status: 'success' })}`
    expect(readActions(text, false)).toMatchObject({ thought: null, words: 'The order is **placed**.' })
    const part = text.slice(0, text.indexOf('"arguments"'))
    expect(readActions(part, true)).toEqual({ thought: null, words: 'The order is **placed**.', actions: [] })
  })

  test('that are broken or half written are none', () => {
    expect(
      found('<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [312'),
    ).toEqual([])
    expect(found(tool({ action: 'left_click' }))).toEqual([])
    expect(found(tool({ action: 'left_click', coordinate: [1, 'x'] }))).toEqual([])
    expect(found(`<tool_call>{"name": }</tool_call>${tool({ action: 'wait', time: 2 })}`)).toEqual([
      { words: 'Wait 2 s' },
    ])
    expect(found('{"name": "computer_use", "arguments": {}}')).toEqual([{ words: 'Action: computer_use' }])
  })
})

describe('Holo', () => {
  test('1 tells a click as a call, and in navigation as JSON with its thought and note', () => {
    expect(found('Click(352, 348)')).toEqual([{ words: 'Click', from: [352, 348] }])
    const step = {
      note: 'The room costs 90.',
      thought: 'I choose the date.',
      action: { action: 'click_element', element: 'the date field', x: 352, y: 348 },
    }
    expect(readActions(`\`\`\`json\n${JSON.stringify(step, null, 2)}\n\`\`\``, false)).toMatchObject({
      thought: 'I choose the date.',
      words: 'The room costs 90.',
      actions: [{ kind: 'click', text: 'the date field', from: { x: 352, y: 348 } }],
    })
    expect(found('{"action": "write_element_abs", "content": "Paris", "element": "city", "x": 3, "y": 4}')).toEqual([
      { words: 'Type “Paris”', from: [3, 4] },
    ])
    expect(found('{"thought": "", "action": {"action": "goto", "url": "https://example.org"}}')).toEqual([
      { words: 'Open https://example.org' },
    ])
  })

  test('1.5 tells a click as flat JSON', () => {
    for (const text of ['{"action": "click_absolute", "x": 612, "y": 44}', '{"x": 612, "y": 44}'])
      expect(found(text)).toEqual([{ words: 'Click', from: [612, 44] }])
  })

  test('broken or half written is nothing', () => {
    for (const text of [
      'Click(352',
      'Click(352, ',
      '{"action": "click_absolute", "x": 612',
      '{"action": "click_absolute"}',
    ])
      expect(found(text), text).toEqual([])
    expect(readActions('{"action": "click_abs', true).words).toBe('')
  })
})

describe('GTA1 and UGround', () => {
  test('tell a bare pair', () => {
    expect(found('(1021, 334)')).toEqual([{ words: 'Click', from: [1021, 334] }])
    expect(found(' [0.49, 0.42]\n')).toEqual([{ words: 'Click', from: [0.49, 0.42] }])
  })

  test('a pair in a sentence, a broken or a half written one is none', () => {
    for (const text of ['It is at (1, 2), I think', '(1021, 3', '(1021)', '(1, 2, 3)', '[a, b]'])
      expect(found(text)).toEqual([])
  })
})

describe('OS-Atlas', () => {
  test('tells actions as lines behind its thoughts', () => {
    const text = 'thoughts:\nThe calendar is below.\nactions:\nCLICK <point>[[101, 872]]</point>'
    expect(found(text)).toEqual([{ words: 'Click', from: [101, 872] }])
    expect(readActions(text, false)).toMatchObject({ thought: 'The calendar is below.', words: '' })
    expect(found('TYPE [Shanghai [old] mall]')).toEqual([{ words: 'Type “Shanghai [old] mall”' }])
    expect(
      found('SCROLL [UP]\nLONG_PRESS <point>[[1,2]]</point>\nOPEN_APP [Mail]\nPRESS_BACK\nENTER\nCOMPLETE'),
    ).toEqual([
      { words: 'Scroll up' },
      { words: 'Press and hold', from: [1, 2] },
      { words: 'Open Mail' },
      { words: 'Go back' },
      { words: 'Press Enter' },
      { words: 'Done' },
    ])
  })

  test('its base models tell a place in tokens: the middle of a box is where to click', () => {
    const text = '<|object_ref_start|>language switch<|object_ref_end|><|box_start|>(576,12),(592,42)<|box_end|>'
    expect(found(text)).toEqual([{ words: 'Click “language switch”', from: [584, 27] }])
    expect(readActions(text, false).words).toBe('')
  })

  test('broken or half written is nothing', () => {
    for (const text of [
      'CLICK <point>[[101',
      'CLICK <point>[[101]]</point>',
      'TYPE [Shang',
      'I CLICK there',
      '<|box_start|>(576,',
    ])
      expect(found(text), text).toEqual([])
    expect(readActions('thoughts:\nBelow.\nactions:\nCLICK <po', true)).toMatchObject({ thought: 'Below.', words: '' })
  })
})

describe('ShowUI', () => {
  test('tells actions as dictionaries of Python', () => {
    expect(
      found(
        "{'action': 'CLICK', 'value': None, 'position': [0.49, 0.42]},\n{'action': 'INPUT', 'value': \"it's\", 'position': [0.49, 0.42]},\n{'action': 'ENTER', 'value': None, 'position': None}",
      ),
    ).toEqual([
      { words: 'Click', from: [0.49, 0.42] },
      { words: "Type “it's”", from: [0.49, 0.42] },
      { words: 'Press Enter' },
    ])
    expect(found("{'action': 'SWIPE', 'value': None, 'position': [[0.5, 0.8], [0.5, 0.2]]}")).toEqual([
      { words: 'Drag', from: [0.5, 0.8], to: [0.5, 0.2] },
    ])
    expect(found("{'action': 'SCROLL', 'value': 'DOWN', 'position': None}")).toEqual([{ words: 'Scroll down' }])
    expect(readActions("{'action': 'CLICK', 'value': None, 'position': [0.49, 0.42]},", false).words).toBe('')
  })

  test('broken or half written is nothing', () => {
    for (const text of [
      "{'action': 'CLICK', 'value': None, 'position': [0.49",
      "{'action': 'CLICK', 'value': None, 'position': None}",
      "{'action': CLICK}",
    ])
      expect(found(text), text).toEqual([])
  })
})

test('every prefix of an answer is read without throwing, and what is found in it is in the whole', () => {
  for (const text of [
    "Thought: Left.\nAction: drag(start_box='<|box_start|>(1,2)<|box_end|>', end_box='(3,4)')\n\ntype(content='x')",
    `Words\n${tool({ action: 'left_click', coordinate: [312, 88] })}`,
    'thoughts:\nx\nactions:\nCLICK <point>[[101, 872]]</point>\nTYPE [abc]',
    "[{'action': 'CLICK', 'value': None, 'position': [0.49, 0.42]}, {'action': 'ENTER', 'value': None, 'position': None}]",
  ]) {
    const whole = found(text)
    for (let end = 0; end <= text.length; end++)
      for (const one of readActions(text.slice(0, end), true).actions) expect(whole).toContainEqual(inShort(one))
  }
})

test('text that is nothing but openings is read in time', () => {
  for (const piece of ['{', "click('", '<tool_call>{"', '(1,', "{'a': ", 'CLICK <point>[['])
    expect(findActions(piece.repeat(20_000))).toEqual([])
})

test('places become marks: points, arrows of drags, and points that scroll some way', () => {
  const actions = findActions(
    "Action: drag(start_box='(1,2)', end_box='(3,4)')\n\nwait()\n\nscroll(start_box='(5,6)', direction='left')",
  )
  expect(actionMarks(actions)).toMatchObject({
    marks: [
      { shape: { type: 'arrow', x1: 1, y1: 2, x2: 3, y2: 4 }, label: 'Drag' },
      { shape: { type: 'point', x: 5, y: 6, toward: 'left' }, label: 'Scroll left' },
    ],
    of: [0, 2],
  })
})

test('a name that every object has is no known action', () => {
  expect(found('Action: constructor(x=1)')).toEqual([])
  expect(findActions(tool({ action: 'constructor', coordinate: [1, 2] })).map(({ kind }) => kind)).not.toContain(Object)
})
