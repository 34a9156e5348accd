// Writes docs/LICENSES.md: what the binary and the page inside it are made of,
// and under which licence. With --check it writes nothing and fails where the
// page is out of date, or where a licence isn't one of those below.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const page = 'docs/LICENSES.md'
/** Licences that ask for no more than their text. */
const welcome = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'OFL-1.1']

/** Packages whose licence stands in the older form, which lock files leave out. */
const older = { 'xmlhttprequest-ssl': 'MIT' }

/** The words by which the texts of licences are told apart, the narrower first. */
const texts = [
  ['Apache-2.0', /Apache License\s+Version 2\.0/],
  ['MIT', /Permission is hereby granted, free of charge/],
  ['ISC', /Permission to use, copy, modify, and(\/or)? distribute this software/],
  ['BSD-3-Clause', /Redistribution and use[\s\S]*(Neither the name|names of its\s+contributors|may not be used to endorse)/i],
  ['BSD-2-Clause', /Redistribution and use/],
]

function goModules() {
  const format = '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}'
  // As for the servers, so that every machine writes the same page.
  const env = { ...process.env, GOOS: 'linux', GOARCH: 'amd64' }
  const listed = execFileSync('go', ['list', '-deps', '-f', format, './cmd/agentportal'], { encoding: 'utf8', env })
  return [...new Set(listed.split('\n').filter(Boolean))].sort().map((line) => {
    const [name, version, dir] = line.split('\t')
    const file = readdirSync(dir).find((f) => /^(licen[sc]e|copying)/i.test(f))
    const text = file ? readFileSync(join(dir, file), 'utf8') : ''
    return { name, version, licence: texts.find(([, words]) => words.test(text))?.[0] ?? 'unknown' }
  })
}

function npmPackages(lock) {
  const { packages } = JSON.parse(readFileSync(lock, 'utf8'))
  return Object.entries(packages)
    .filter(([path, p]) => path.includes('node_modules/') && !p.dev && !p.devOptional && !p.optional && !p.link && !p.extraneous && p.version)
    .map(([path, p]) => ({ name: path.split('node_modules/').at(-1), version: p.version, licence: p.license ?? older[path.split('node_modules/').at(-1)] ?? 'unknown' }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1))
}

const table = (rows) =>
  ['| name | version | licence |', '|---|---|---|', ...rows.map((r) => `| ${r.name} | ${r.version} | ${r.licence} |`)].join('\n')

const go = goModules()
const npm = npmPackages('web/package-lock.json')
const written = `# Licences

What is inside the binary, by \`scripts/licenses.mjs\`; \`make lint\` fails where this page is out of date. Tools and test helpers, which are not shipped, are not listed.

## Go modules
${table(go)}

## npm packages in the page
${table(npm)}
`

const odd = [...go, ...npm].filter(({ licence }) => licence.split(/ AND | OR |[()]/).some((l) => l && !welcome.includes(l)))
if (odd.length > 0) {
  console.error(`licences to look at:\n${odd.map((d) => `  ${d.name} ${d.version}: ${d.licence}`).join('\n')}`)
  process.exitCode = 1
}
if (!process.argv.includes('--check')) writeFileSync(page, written)
else if (!existsSync(page) || readFileSync(page, 'utf8') !== written) {
  console.error(`${page} is out of date: run "make licenses"`)
  process.exitCode = 1
}
