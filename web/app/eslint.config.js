import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

// shared → features → app: each layer may enter only those before it.
const features = { group: ['**/features/**'], message: 'Shared code knows no feature.' }
const app = { group: ['**/pages/**', '**/App', '**/SignedIn', '**/main'], message: 'Only the app layer may import pages.' }
const parts = { group: ['**/components/**', '**/contexts/**', '**/hooks/**'], message: 'What stands below React knows none of its parts.' }

// One door from socket events to the query cache: the pump alone takes them to applyEvent, and nothing else can
// write what it heard there, because nothing else may write at all, nor has anything to patch with.
const door = { group: ['**/applyEvent'], message: 'Events enter the cache by the pump only.' }
const patchers = {
  group: ['**/lib/patch/**', '**/patch/*'],
  allowTypeImports: true,
  message: 'The cache is patched in lib only: events by applyEvent, answers by queryKeys and acceptAnswer.',
}
const documents = { group: ['**/documents/*'], message: 'The documents’ types have the page’s names in lib/types, settingsTypes and rest.' }
const cacheWriters = ['src/lib/{applyEvent,acceptAnswer,freshness,queryKeys}.ts']
const cacheWrite = {
  selector: 'MemberExpression[property.name=/^(setQueryData|setQueriesData|setData)$/]',
  message: 'The cache is written by applyEvent, acceptAnswer, queryKeys and freshness only.',
}

// Every text that a person reads, or hears read out, stands in the catalogue.
const texts = [
  { selector: 'JSXText[value=/\\p{L}/u]', message: 'Texts stand in the catalogue.' },
  {
    selector: ':matches(JSXElement, JSXFragment) > JSXExpressionContainer :matches(Literal[value=/\\p{L}{2}/u], TemplateElement[value.raw=/\\p{L}{2}/u]):not(JSXAttribute *):not(CallExpression *):not(BinaryExpression *):not(MemberExpression *)',
    message: 'Texts stand in the catalogue.',
  },
  {
    selector:
      'JSXAttribute[name.name=/^(aria-(label|description|roledescription|valuetext)|title|placeholder|alt|label|hint|lead)$/] :matches(Literal[value=/\\p{L}{2}/u], TemplateElement[value.raw=/\\p{L}/u]):not(CallExpression *):not(BinaryExpression *):not(MemberExpression *)',
    message: 'What is read out stands in the catalogue.',
  },
]
const layer = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] })

export default tseslint.config(
  { ignores: ['dist', 'coverage'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  reactHooks.configs.flat.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js', 'scripts/*.mjs'] } },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // Event handlers may be async; React ignores what they return.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      // Numbers read well in template strings.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => setX(1)` as a handler is clear.
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  { files: ['src/**'], rules: { 'no-restricted-syntax': ['error', cacheWrite, ...texts] } },
  { files: cacheWriters, rules: { 'no-restricted-syntax': ['error', ...texts] } },
  { files: ['src/*', 'src/pages/**'], rules: layer(door, patchers, documents) },
  { files: ['src/features/**'], rules: layer(app, door, patchers, documents) },
  { files: ['src/{contexts,hooks,components,theme}/**'], rules: layer(features, app, door, patchers, documents) },
  { files: ['src/{services,i18n}/**'], rules: layer(features, app, parts, door, patchers, documents) },
  { files: ['src/services/eventPump.ts'], rules: layer(features, app, parts, patchers, documents) },
  { files: ['src/lib/**'], rules: layer(features, app, parts, door, documents) },
  { files: ['src/lib/{types,settingsTypes,rest}.ts'], rules: layer(features, app, parts, door) },
  {
    files: ['scripts/**', 'eslint.config.js', '**/*.test.{ts,tsx}', 'src/test/**', 'vite.config.ts'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['**/*.test.{ts,tsx}', 'src/test/**'],
    rules: {
      // Tests state what they know to be there, fill caches, and play the server.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-restricted-imports': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  { files: ['**/*.{js,mjs}'], extends: [tseslint.configs.disableTypeChecked] },
)
