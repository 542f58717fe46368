import { expect, test } from 'vitest'
import { exportMarks, type Annotated } from './exportMarks.ts'

const picture: Annotated = {
  name: 'street.scene.jpg',
  size: { width: 200, height: 100 },
  marks: [
    { label: 'car, "red"', time: null, shape: { type: 'box', x1: 20, y1: 10, x2: 120, y2: 60 } },
    { label: '', time: 1.5, shape: { type: 'point', x: 30.126, y: 40 } },
    { label: '=SUM(A1)', time: null, shape: { type: 'box', x1: 0, y1: 0, x2: 200, y2: 100 } },
  ],
}
const texts = (format: Parameters<typeof exportMarks>[1]) =>
  exportMarks(picture, format).map(({ name, text }) => [name, text])

test('an arrow has its two places, but none in YOLO, which knows boxes only', () => {
  const shape = { type: 'arrow', x1: 100, y1: 50, x2: 20, y2: 10 } as const
  const [coco, csv, yolo] = (['coco', 'csv', 'yolo'] as const).map(
    (format) => exportMarks({ ...picture, marks: [{ label: 'Drag', time: null, shape }] }, format)[0]!.text,
  )
  expect(JSON.parse(coco!)).toMatchObject({ annotations: [{ keypoints: [100, 50, 2, 20, 10, 2], num_keypoints: 2 }] })
  expect(csv).toContain('Drag,arrow,100,50,20,10,')
  expect(yolo).toBe('')
})

test('COCO holds the picture, its categories and each box as corner and size', () => {
  const [[name, text]] = texts('coco') as [[string, string]]
  expect(name).toBe('street.scene.coco.json')
  expect(JSON.parse(text)).toEqual({
    images: [{ id: 1, file_name: 'street.scene.jpg', width: 200, height: 100 }],
    categories: [
      { id: 1, name: 'car, "red"' },
      { id: 2, name: 'object' },
      { id: 3, name: '=SUM(A1)' },
    ],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, iscrowd: 0, bbox: [20, 10, 100, 50], area: 5000 },
      { id: 2, image_id: 1, category_id: 2, iscrowd: 0, keypoints: [30.13, 40, 2], num_keypoints: 1, time: 1.5 },
      { id: 3, image_id: 1, category_id: 3, iscrowd: 0, bbox: [0, 0, 200, 100], area: 20000 },
    ],
  })
})

test('CSV quotes what it must and no cell is a formula', () => {
  expect(texts('csv')).toEqual([
    [
      'street.scene.csv',
      'label,type,x1,y1,x2,y2,time\r\n"car, ""red""",box,20,10,120,60,\r\nobject,point,30.13,40,30.13,40,1.5\r\n\'=SUM(A1),box,0,0,200,100,\r\n',
    ],
  ])
})

test('YOLO has boxes in shares of the picture and the names apart', () => {
  expect(texts('yolo')).toEqual([
    ['street.scene.txt', '0 0.350000 0.350000 0.500000 0.500000\n2 0.500000 0.500000 1.000000 1.000000\n'],
    ['classes.txt', 'car, "red"\nobject\n=SUM(A1)\n'],
  ])
})
