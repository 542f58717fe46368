/** Who may import whom: the table of ARCHITECTURE.md, one rule per room. */
const TEST = '\\.test\\.tsx?$'
const only = (name, from, allowed, notFrom) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: [TEST, ...(notFrom ?? [])] },
  to: { path: '^(main|electron|renderer|build|e2e)/|node_modules/(electron|react|react-dom)/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'contract-is-pure',
      severity: 'error',
      from: { path: '^main/contract/' },
      to: { pathNot: ['^main/contract/', 'node_modules/zod/', 'node_modules/@orpc/contract/'] },
    },
    only('ports', '^main/ports\\.ts$', ['^main/contract/']),
    only('lib', '^main/lib/', ['^main/lib/', '^main/contract/']),
    only('rpc', '^main/rpc/', ['^main/rpc/', '^main/contract/', '^main/lib/']),
    // the engine: the client supervises a process, the worker runs in it, gguf reads files, memory plans, grammar holds answers to a form
    only('engine-gguf', '^main/engine/gguf/', ['^main/(contract|lib)/', '^main/engine/(gguf/|types\\.ts$)']),
    only('engine-grammar', '^main/engine/grammar/', ['^main/(contract|lib)/', '^main/engine/(grammar/|types\\.ts$)']),
    only('engine-cache', '^main/engine/cache/', ['^main/(contract|lib)/', '^main/engine/cache/']),
    only('engine-memory', '^main/engine/memory/', [
      '^main/(contract|lib)/',
      '^main/engine/(memory/|gguf/|types\\.ts$)',
    ]),
    only('engine-client', '^main/engine/(client/|index\\.ts$)', [
      '^main/(contract|lib)/',
      '^main/ports\\.ts$',
      '^main/engine/((client|gguf|memory|grammar|cache)/|(types|protocol)\\.ts$)',
    ]),
    only('engine-worker', '^main/engine/worker/', [
      '^main/(contract|lib)/',
      '^main/engine/((worker|gguf|memory|grammar|cache)/|(types|protocol)\\.ts$)',
    ]),
    only('engine-protocol', '^main/engine/(types|protocol)\\.ts$', [
      '^main/(contract|lib)/',
      '^main/engine/(types|protocol)\\.ts$',
    ]),
    {
      name: 'service-knows-no-sibling',
      severity: 'error',
      from: { path: '^main/services/([^/]+)/', pathNot: [TEST, '^main/services/[^/]+/testing/'] },
      to: {
        path: '^(main|electron|renderer|build|e2e)/|node_modules/(electron|react|react-dom)/',
        pathNot: ['^main/contract/', '^main/ports\\.ts$', '^main/lib/', '^main/services/$1/'],
      },
    },
    {
      name: 'feature-knows-no-sibling',
      severity: 'error',
      // what a feature's tests share may use what they may use
      from: { path: '^main/features/([^/]+)/', pathNot: [TEST, '^main/features/[^/]+/testing/'] },
      to: {
        path: '^(main|electron|renderer|build|e2e)/|node_modules/(electron|react|react-dom)/',
        pathNot: [
          '^main/contract/',
          '^main/ports\\.ts$',
          '^main/lib/',
          '^main/(engine|services/[^/]+)/index\\.ts$',
          '^main/features/$1/',
        ],
      },
    },
    only('app', '^main/(app|headless)\\.ts$', [
      '^main/(contract|ports|rpc|lib)',
      '^main/(engine|services/[^/]+)/index\\.ts$',
      '^main/features/[^/]+/index\\.ts$',
    ]),
    only('plain-node-shells', '^main/(browserShell|browserShell/.*|cli|cli/.*|nodePorts)\\.ts$', [
      '^main/(app|headless|ports|nodePorts)\\.ts$',
      '^main/(rpc|contract|lib|browserShell|cli)(/|\\.ts$)',
      '^main/bench/index\\.ts$',
    ]),
    only(
      'bench',
      '^main/bench/',
      ['^main/(headless|ports|nodePorts)\\.ts$', '^main/(contract|lib|bench)/'],
      ['^main/bench/tower/'],
    ),
    // compares the tower with a plain graph of the same weights, so it needs the tower itself
    only('bench-tower', '^main/bench/tower/', ['^main/(contract|lib|bench)/', '^main/engine/(gguf|worker)/']),
    only('testing', '^main/testing/', [
      '^main/(app|nodePorts)\\.ts$',
      '^main/(contract|ports|lib|rpc|testing)',
      '^main/(engine|services/[^/]+)/index\\.ts$',
    ]),
    only('preload', '^electron/preload\\.ts$', ['^main/contract/', 'node_modules/electron/']),
    only(
      'electron',
      '^electron/',
      ['^electron/', '^main/(app|ports)\\.ts$', '^main/(rpc|contract|lib)/', 'node_modules/electron/'],
      ['^electron/preload\\.ts$', '^electron/testing/'],
    ),
    {
      name: 'core-in-its-own-process',
      severity: 'error',
      from: { path: '^electron/', pathNot: [TEST, '^electron/core/main\\.ts$'] },
      to: { path: '^main/app\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-feature-knows-no-sibling',
      severity: 'error',
      from: { path: '^renderer/features/([^/]+)/', pathNot: TEST },
      to: {
        path: '^(main|electron|renderer|build|e2e)/|node_modules/electron/',
        pathNot: ['^main/contract/', '^renderer/(components|lib)/', '^renderer/features/$1/'],
      },
    },
    {
      name: 'renderer-feature-by-its-index',
      severity: 'error',
      from: { path: '^renderer/app/', pathNot: TEST },
      to: { path: '^renderer/features/', pathNot: '^renderer/features/[^/]+/index\\.ts$' },
    },
    {
      name: 'renderer-room-of-lib-by-its-index',
      severity: 'error',
      from: { path: '^renderer/', pathNot: [TEST, '^renderer/lib/(grounding|video)/'] },
      to: { path: '^renderer/lib/(grounding|video)/', pathNot: '^renderer/lib/(grounding|video)/index\\.ts$' },
    },
    // a room of components knows the rooms named here and no other; the primitives know no picture, mark, video or model
    ...Object.entries({
      primitives: [],
      models: ['primitives'],
      video: ['primitives'],
      marks: ['primitives'],
      pictures: ['primitives', 'marks'],
      answers: ['primitives', 'marks', 'video'],
    }).map(([room, others]) =>
      only(`components-${room}`, `^renderer/components/${room}/`, [
        '^main/contract/',
        `^renderer/components/(${[room, ...others].join('|')})/`,
        // of lib, primitives know its single files only: its folders are about pictures, videos and answers
        room === 'primitives' ? '^renderer/lib/[^/]+$' : '^renderer/lib/',
        'node_modules/(react|react-dom)/',
      ]),
    ),
    // frames of videos are resized where they are decoded, by the very code that the core resizes with
    only('renderer-resizes', '^renderer/lib/video/pixels\\.ts$', [
      '^main/contract/',
      '^main/lib/picture/resize\\.ts$',
      '^renderer/lib/',
    ]),
    // documents are read and written by the code that the command line does it with
    only('renderer-reads-documents', '^renderer/lib/documents\\.ts$', ['^main/lib/documents/']),
    only(
      'renderer-shared',
      '^renderer/(components|lib)/',
      ['^main/contract/', '^renderer/(components|lib|locales)/', 'node_modules/(react|react-dom)/'],
      ['^renderer/lib/(video/pixels|documents)\\.ts$'],
    ),
    only(
      'renderer',
      '^renderer/',
      ['^main/contract/', '^renderer/', 'node_modules/(react|react-dom)/'],
      ['^renderer/lib/(video/pixels|documents)\\.ts$'],
    ),
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: '^(main|electron|renderer)/', pathNot: [TEST, '/testing/'] },
      to: { path: [TEST, '/testing/', '^e2e/', '^build/'] },
    },
    {
      name: 'electron-only-in-electron',
      severity: 'error',
      from: { path: '^(main|renderer|e2e|build)/', pathNot: '^build/(start|dist)' },
      to: { path: 'node_modules/electron/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^build/fixtures/', '(^|/)dist/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
    },
  },
}
