import lingui from 'eslint-plugin-lingui'
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

/** Rooms whose words are all in the message catalogue; `build/messages/messages.ts` names those that are not done. */
const inCatalogue = [
  'app',
  'components',
  ...['captureScreen', 'conversationList', 'diagnostics', 'downloads', 'engine', 'exchange', 'firstRun', 'gallery'],
  ...['live', 'models', 'palette', 'presets', 'profiles', 'settings', 'start'],
  ...['ask/pages', 'ask/presets', 'ask/video'],
]
  .map((room) => `renderer/${room === 'app' || room === 'components' ? room : `features/${room}`}/**`)
  .concat(
    ['CompareMenu.tsx', 'FormatDialog.tsx', 'FormatMenu.tsx', 'formats.ts', 'JobMenu.tsx', 'ThinkingToggle.tsx'].map(
      (file) => `renderer/features/ask/${file}`,
    ),
  )

const CLASS = "[a-z0-9!@*&\\[\\]()_/.:%#,'>=+~^$-]+"

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'release/', '.cache/', 'test-results/', 'build/fixtures/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['build/**', 'resources/demo-model/training/**', 'main/cli.ts', 'main/cli/**', 'main/browserShell.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: inCatalogue,
    ignores: ['**/*.test.ts', '**/*.test.tsx'],
    plugins: { lingui },
    rules: {
      'lingui/no-trans-inside-trans': 'error',
      'lingui/no-unlocalized-strings': [
        'error',
        {
          useTsTypes: true,
          ignore: [
            // one word that begins small: a name of the code, not a word of the window
            '^(?![A-Z])\\S+$',
            // paths of drawings, colours
            '^(M .*|oklch\\(.*|rgb\\(.*|0 0 0 1px .*)$',
            // classes of Tailwind
            `^(?=.*[-:[])${CLASS}( ${CLASS})*$`,
            // keys, and names that are the same in every language
            '^([A-Z]|F\\d|Enter|Escape|Esc|Tab|Home|End|Delete|Backspace|Shift .*|Ctrl .*|Alt .*|Arrow\\w+|Page\\w+)$',
            '^(\\s?· )?(Sightline|ChatGPT|Open WebUI|LM Studio|Jan|Cherry Studio|Hugging Face|ModelScope|Markdown|HTML|CSV|JSON|COCO JSON|YOLO|English|Qwen.*)$',
          ],
          ignoreNames: [
            { regex: { pattern: '[cC]lass(Name)?$' } },
            ...[
              'style',
              'transform',
              'd',
              'points',
              'viewBox',
              'data-testid',
              'id',
              'key',
              'url',
              'src',
              'href',
              'schema',
              'EXAMPLE',
              'aria-keyshortcuts',
            ],
          ],
          ignoreFunctions: [
            'cx',
            'recall',
            'remember',
            '*.querySelector*',
            '*.matchMedia',
            '*.matches',
            'RegExp',
            'Blob',
            'File',
          ],
        },
      ],
    },
  },
  { files: ['renderer/**'], ...reactHooks.configs.flat['recommended-latest'] },
)
